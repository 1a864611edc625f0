set title "How many packets does each further Child SA take?\n".verdict
set xlabel "Child SAs of the connection"
set ylabel "packets of one connection"
set xrange [0:*]
set yrange [0:*]
set offsets 0, 0.5, graph 0.08, 0
set key title "how clients authenticate" left
set label 90 note at screen 0.01,0.025 font ",11"
plot for [i=0:blocks1-1] data1 index i using 2:3:4:5 with yerrorlines linetype i+1 title columnheader(1)
