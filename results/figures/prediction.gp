set label 90 note at screen 0.01,0.02 font ",11"
set multiplot layout 2,2 columnsfirst title "A real daemon under a flood (points), and what the model says (lines)" font ",17" \
    margins 0.10, 0.84, 0.15, 0.90 spacing 0.125, 0.06
# The axis is there whatever is known. First a block of the model for each threshold, then one of the daemon. Side by side, so that bars of one rate do not hide each other.
half = words(names)
shift(i) = (i - (half - 1) / 2.0) * 0.08
set offsets 0.3, 0.3, 0, 0
unset key
set yrange [-2:104]
set ytics 0,25,100
set ylabel "CPU during the flood, %"
plot data2 index 0 using 2:(0):xtic("") every ::1 with points pointtype 0 linecolor rgb "#ffffff" notitle, \
     for [i=0:half-1] data1 index i using ($2 + shift(i)):3 with lines linetype i+1 notitle, \
     for [i=0:half-1] data1 index i+half using ($2 + shift(i)):3:4:5 with yerrorbars linetype i+1 dashtype 1 notitle
unset label 90
set ylabel "honest success during it, %"
set xlabel "flood, requests a second (steps)"
plot data2 index 0 using 2:(0):xtic(3) every ::1 with points pointtype 0 linecolor rgb "#ffffff" notitle, \
     for [i=0:half-1] data1 index i using ($2 + shift(i)):9 with lines linetype i+1 notitle, \
     for [i=0:half-1] data1 index i+half using ($2 + shift(i)):9:10:11 with yerrorbars linetype i+1 dashtype 1 notitle
unset xlabel
set autoscale y
set logscale y
set ytics auto
set ylabel "half-open SAs made"
set key at graph 1.05,1 left top Left reverse font ",12" samplen 3 title "cookies from N\nhalf-open SAs on,\nN =" left font ",12"
# A daemon too busy to say how many has none here.
plot data2 index 0 using 2:(1):xtic("") every ::1 with points pointtype 0 linecolor rgb "#ffffff" notitle, \
     for [i=0:half-1] data1 index i using ($2 + shift(i)):6 with lines linetype i+1 notitle, \
     for [i=0:half-1] data1 index i+half using ($2 + shift(i)):6:7:8 with yerrorbars linetype i+1 dashtype 1 notitle, \
     for [i=0:half-1] keyentry with linespoints linetype i+1 title word(names, i+1)
unset key
unset logscale y
set yrange [-2:104]
set ytics 0,25,100
set ylabel "IKE_SA_INIT refused, %"
set xlabel "flood, requests a second (steps)"
plot data2 index 0 using 2:(0):xtic(3) every ::1 with points pointtype 0 linecolor rgb "#ffffff" notitle, \
     for [i=0:half-1] data1 index i using ($2 + shift(i)):12 with lines linetype i+1 notitle, \
     for [i=0:half-1] data1 index i+half using ($2 + shift(i)):12:13:14 with yerrorbars linetype i+1 dashtype 1 notitle
unset multiplot
