set title "How long does a request wait for the processor?\n".verdict
set xlabel "flood, requests a second"
set ylabel "mean wait in the inbox, microseconds"
set xrange [0:*]
set yrange [0:*]
set key inside left top vertical Left reverse samplen 4 spacing 1.4
set label 90 note at screen 0.01,0.025 font ",11"
plot for [i=0:blocks2-1] data2 index i using 2:3 with lines linestyle 20 title columnheader(1), \
     for [i=0:blocks1-1] data1 index i using 2:3:4:5 with yerrorbars linetype i+1 title columnheader(1)
