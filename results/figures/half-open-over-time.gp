set title "How many half-open SAs does the gateway hold under a flood of ".rate."?"
set xlabel "time, seconds"
set ylabel "half-open IKE SAs"
set logscale y
set yrange [0.5:*]
set ytics add ("0" 0.5)
set key title "cookies are asked for\nfrom N half-open SAs\non, N =" left
set label 90 note at screen 0.01,0.025 font ",11"
if (real(attack_until) > 0) {
    set object 1 rectangle from first real(attack_from), graph 0 to first real(attack_until), graph 1 behind fillcolor rgb "#eeeeee" fillstyle solid noborder
    set label 91 "flood" at first (real(attack_from) + real(attack_until)) / 2, graph 0.975 center font ",13"
}
level(value) = value < 0.5 ? 0.5 : value
plot for [i=0:blocks1-1] data1 index i using 2:(level($3)) with lines linetype i+1 notitle, \
     for [i=0:blocks1-1] data1 index i using 2:(level($3)) every 12::(2+2*i) with points linetype i+1 notitle, \
     for [i=0:blocks1-1] data1 index i using 2:(level($3)) every ::1::1 with linespoints linetype i+1 title columnheader(1)
