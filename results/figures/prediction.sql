-- What a real daemon did under a flood, and what its model says: CPU during the flood, half-open SAs made, honest success
-- during the flood, and requests of IKE_SA_INIT that no SA was the answer to.
-- Columns: which of them, the cookie threshold, place on the axis; mean, low and high of each of the four. All blocks of
-- the model come first, then as many of the daemon.
WITH wide AS (
    SELECT point, p.text = 'live' AS real,
           max(iif(metric = 'cpu_share_during', mean / 1e4, NULL)) AS cpu,
           max(iif(metric = 'cpu_share_during', max(low, 0) / 1e4, NULL)) AS cpu_low,
           max(iif(metric = 'cpu_share_during', high / 1e4, NULL)) AS cpu_high,
           max(iif(metric = 'half_open_made', mean, NULL)) AS open,
           max(iif(metric = 'half_open_made', max(low, 1), NULL)) AS open_low,
           max(iif(metric = 'half_open_made', high, NULL)) AS open_high,
           max(iif(metric = 'success_share_during', mean / 1e4, NULL)) AS success,
           max(iif(metric = 'success_share_during', max(low, 0) / 1e4, NULL)) AS success_low,
           max(iif(metric = 'success_share_during', min(high, 1e6) / 1e4, NULL)) AS success_high,
           max(iif(metric = 'init_refused_share', mean / 1e4, NULL)) AS refused,
           max(iif(metric = 'init_refused_share', max(low, 0) / 1e4, NULL)) AS refused_low,
           max(iif(metric = 'init_refused_share', min(high, 1e6) / 1e4, NULL)) AS refused_high
    FROM mean JOIN param AS p USING (point)
    WHERE who = '*' AND p.path = 'network.kind' GROUP BY point)
SELECT iif(real, 'real ', 'model ') || coalesce(t.label, 'default') AS label,
       dense_rank() OVER (ORDER BY rate) AS place, cpu, cpu_low, cpu_high, open, open_low, open_high,
       success, success_low, success_high, refused, refused_low, refused_high
FROM wide JOIN flood USING (point) LEFT JOIN threshold AS t USING (point)
ORDER BY real, coalesce(at, 1e18) DESC, label, rate;
SELECT 'ticks', dense_rank() OVER (ORDER BY rate), replace(text, '/s', '') FROM (SELECT DISTINCT rate, text FROM flood);
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean of the daemon; ikelab ' || version || ' ' || "commit"
       AS "$note",
       (SELECT group_concat(replace(label, ' ', char(160)), ' ') FROM
           (SELECT coalesce(label, 'default') AS label FROM threshold GROUP BY label ORDER BY coalesce(at, 1e18) DESC, label))
       AS "$names" FROM study;
