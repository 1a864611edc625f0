set title "How many packets does TLS inside EAP take?"
set xlabel "octets of an EAP fragment"
set ylabel "packets of one connection, one Child SA"
set logscale x 2
set yrange [0:*]
set offsets graph 0.03, graph 0.03, graph 0.08, 0
set key title "intermediate certificates,\nat both ends" left
set label 90 note at screen 0.01,0.025 font ",11"
plot for [i=0:blocks1-1] data1 index i using 2:3:4:5 with yerrorlines linetype i+1 title columnheader(1)
