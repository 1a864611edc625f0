set label 90 note at screen 0.01,0.02 font ",11"
set multiplot layout 2,2 columnsfirst title "How far the model is from the daemon, in tolerances (grey: within)" font ",17" \
    margins 0.10, 0.84, 0.15, 0.90 spacing 0.125, 0.06
# Side by side, so that points of one rate do not hide each other. The axis is there whatever is known.
shift(i) = (i - (words(names) - 1) / 2.0) * 0.08
set offsets 0.3, 0.3, 0, 0
set style rectangle fillcolor rgb "#e4e4e4" fillstyle solid 1 noborder behind
set object 1 rectangle from graph 0, first -1 to graph 1, first 1
set xzeroaxis linetype 1 linewidth 1 linecolor rgb "#000000"
unset key
set yrange [-10<*<-2:2<*<10]
array column_of[4] = [3, 9, 6, 12]
array what[4] = ["CPU during the flood", "honest success during it", "half-open SAs made", "IKE_SA_INIT refused"]
do for [panel=1:4] {
    set ylabel what[panel]
    below = panel % 2 == 0
    if (below) { set xlabel "flood, requests a second (steps)" } else { unset xlabel }
    set xtics textcolor rgb below ? "#000000" : "#ffffff"
    unset key
    if (panel == 3) { set key at graph 1.05,1 left top Left reverse font ",12" samplen 3 title "cookies from N\nhalf-open SAs on,\nN =" left font ",12" }
    plot data2 index 0 using 2:(0):xtic(3) every ::1 with points pointtype 0 linecolor rgb "#e4e4e4" notitle, \
         for [i=0:words(names)-1] data1 index i using ($2 + shift(i)):(column(column_of[panel])):(column(column_of[panel]+1)):(column(column_of[panel]+2)) \
             with yerrorbars linetype i+1 dashtype 1 notitle, \
         for [i=0:words(names)-1] keyentry with points linetype i+1 title word(names, i+1)
    unset label 90
}
unset multiplot
