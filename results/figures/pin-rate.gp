set title "How small a flood keeps the table of half-open SAs full?\n".verdict
set xlabel "flood, requests a second"
set ylabel "most half-open SAs there were"
set xrange [0:*]
set yrange [0:*]
set offsets 0, 0, graph 0.15, 0
set key inside left top vertical Left reverse samplen 4 spacing 1.4
set label 90 note at screen 0.01,0.025 font ",11"
plot for [i=0:blocks2-1] data2 index i using 2:3 with lines linestyle 20+(i%2) title columnheader(1), \
     data3 index 0 using 2:3:(0):(-$3) every ::1 with vectors nohead dashtype (3,5) linecolor rgb "#909090" notitle, \
     data3 index 0 using 2:(0):4 every ::1 with labels offset 7,1.2 font ",12" textcolor rgb "#505050" notitle, \
     for [i=0:blocks1-1] data1 index i using 2:3:4:5 with yerrorbars linetype i+1 title columnheader(1)
