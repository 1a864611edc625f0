set title "What does a flood cost the gateway, with and without cookies?"
set xlabel "flood, requests a second (steps, not to scale)"
set ylabel "gateway processor in use during the flood, % of all cores"
set yrange [-2:104]
set ytics 0,20,100
set offsets 0.3, 0.3, 0, 0
set key title "cookies are asked for\nfrom N half-open SAs\non, N =" left
set label 90 note at screen 0.01,0.025 font ",11"
# Side by side, so that bars of one rate do not hide each other.
shift(i) = (i - (blocks1 - 1) / 2.0) * 0.04
plot data2 index 0 using 2:(NaN):xtic(3) every ::1 notitle, \
     for [i=0:blocks1-1] data1 index i using ($2 + shift(i)):3:4:5 with yerrorlines linetype i+1 title columnheader(1)
