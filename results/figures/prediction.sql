-- What a real daemon did under a flood, and what its model says: CPU during the flood and honest success in percent,
-- half-open SAs in the mean.
-- Columns: which of them and the cookie threshold, place on the axis; mean, low and high of each of the three.
SELECT iif(p.text = 'live', 'real, ', 'model, ') || coalesce(t.label, 'default') AS label,
       dense_rank() OVER (ORDER BY rate) AS place,
       max(iif(metric = 'cpu_share_during', mean / 1e4, NULL)), max(iif(metric = 'cpu_share_during', max(low, 0) / 1e4, NULL)),
       max(iif(metric = 'cpu_share_during', high / 1e4, NULL)),
       max(iif(metric = 'half_open_mean', mean / 1e3, NULL)), max(iif(metric = 'half_open_mean', max(low, 1) / 1e3, NULL)),
       max(iif(metric = 'half_open_mean', high / 1e3, NULL)),
       max(iif(metric = 'success_share_during', mean / 1e4, NULL)),
       max(iif(metric = 'success_share_during', max(low, 0) / 1e4, NULL)),
       max(iif(metric = 'success_share_during', min(high, 1e6) / 1e4, NULL))
FROM mean JOIN param AS p USING (point) JOIN flood USING (point) LEFT JOIN threshold AS t USING (point)
WHERE who = '*' AND p.path = 'network.kind' AND metric IN ('cpu_share_during', 'half_open_mean', 'success_share_during')
GROUP BY point ORDER BY coalesce(at, 1e18) DESC, label DESC, rate;
SELECT 'ticks', dense_rank() OVER (ORDER BY rate), text FROM (SELECT DISTINCT rate, text FROM flood);
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;
