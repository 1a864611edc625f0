set label 90 note at screen 0.01,0.02 font ",11"
set multiplot layout 3,1 title "A real daemon under a flood, and what the model says" font ",17" \
    margins 0.12, 0.76, 0.15, 0.92 spacing 0, 0.05
# Side by side, so that bars of one rate do not hide each other.
shift(i) = (i - (blocks1 - 1) / 2.0) * 0.05
set offsets 0.3, 0.3, 0, 0
set yrange [-2:104]
set ytics 0,25,100
set ylabel "CPU during\nthe flood, %"
set key at graph 1.03,1 left top Left reverse font ",12" spacing 1.2 title "cookies from N\nhalf-open SAs on, N =" left font ",12"
plot data2 index 0 using 2:(NaN):xtic("") every ::1 notitle, \
     for [i=0:blocks1-1] data1 index i using ($2 + shift(i)):3:4:5 with yerrorlines linetype i+1 title columnheader(1)
unset key
unset label 90
set autoscale y
set logscale y
set ytics auto
set ylabel "half-open\nSAs, mean"
# A daemon too busy to say how many has none here: the axis is there all the same, from 1 on.
plot data2 index 0 using 2:(1):xtic("") every ::1 with points pointtype 0 linecolor rgb "#ffffff" notitle, \
     for [i=0:blocks1-1] data1 index i using ($2 + shift(i)):6:7:8 with yerrorlines linetype i+1 notitle
unset logscale y
set yrange [-2:104]
set ytics 0,25,100
set ylabel "honest success\nduring it, %"
set xlabel "flood, requests a second (steps, not to scale)"
plot data2 index 0 using 2:(NaN):xtic(3) every ::1 notitle, \
     for [i=0:blocks1-1] data1 index i using ($2 + shift(i)):9:10:11 with yerrorlines linetype i+1 notitle
unset multiplot
