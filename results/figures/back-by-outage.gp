set title "How long until clients notice that their gateway is gone, and are back?\n".verdict
set xlabel "the gateway is away, seconds"
set ylabel "they have a tunnel again, seconds after it went"
set logscale xy
set offsets graph 0.03, graph 0.03, graph 0.05, 0
set xtics (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
set ytics (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
set yrange [1:*] noextend
set xrange [*:*] noextend
set key title "how they can tell:" left
set label 90 note at screen 0.01,0.025 font ",11"
plot for [i=0:blocks1-1] data1 index i using 2:3:4:5 with yerrorlines linetype i+1 title columnheader(1), \
     x with lines linestyle 20 title "the gateway is back"
