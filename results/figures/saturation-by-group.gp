set title "How large a flood can the gateway serve, and how much larger with cookies?\n".verdict
set xlabel "key exchange"
set ylabel "requests served a second when saturated"
set logscale y
set yrange [10:*]
set offsets 0.7, 0.7, graph 0.2, 0
set format y "%.0f"
set boxwidth 0.32
set style fill pattern border linecolor rgb "#000000"
set key inside top right horizontal Left reverse samplen 3 spacing 1.4
set label 90 note at screen 0.01,0.025 font ",11"
place(i) = (i - (blocks1 - 1) / 2.0) * 0.36
plot data2 index 0 using 2:(NaN):xtic(3) every ::1 notitle, \
     for [i=0:blocks1-1] data1 index i using ($2 + place(i)):3 with boxes fillstyle pattern (i == 0 ? 3 : 1) linetype 1 linewidth 1.2 linecolor rgb (i == 0 ? "#505050" : "#1b6ca8") title columnheader(1), \
     for [i=0:blocks1-1] data1 index i using ($2 + place(i)):3:4:5 with yerrorbars linetype 1 pointtype 0 notitle, \
     for [i=0:blocks1-1] data1 index i using ($2 + place(i)):3:(sprintf("%.0f", $3)) with labels offset 0,1.1 font ",12" notitle, \
     for [i=0:blocks1-1] data1 index i using ($2 + place(i)):7 with points pointtype 4 pointsize 1.6 linewidth 2 linecolor rgb "#000000" title (i == 0 ? "predicted" : "")
