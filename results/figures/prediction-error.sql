-- How far the model is from a real daemon, at each point: model less daemon, in tolerances of the check that compares them.
-- Columns: the cookie threshold, place on the axis; error, low and high of each of CPU during the flood, half-open SAs made,
-- honest success during it, and requests of IKE_SA_INIT refused.
WITH error AS (
    SELECT point, metric, (measured - expected) / tolerance AS mean, (low - expected) / tolerance AS low,
           (high - expected) / tolerance AS high
    FROM "check" WHERE theory = 'alike network.kind')
SELECT coalesce(t.label, 'default') AS label, dense_rank() OVER (ORDER BY rate) AS place,
       max(iif(metric = 'cpu_share_during', e.mean, NULL)), max(iif(metric = 'cpu_share_during', low, NULL)),
       max(iif(metric = 'cpu_share_during', high, NULL)),
       max(iif(metric = 'half_open_made', e.mean, NULL)), max(iif(metric = 'half_open_made', low, NULL)),
       max(iif(metric = 'half_open_made', high, NULL)),
       max(iif(metric = 'success_share_during', e.mean, NULL)), max(iif(metric = 'success_share_during', low, NULL)),
       max(iif(metric = 'success_share_during', high, NULL)),
       max(iif(metric = 'init_refused_share', e.mean, NULL)), max(iif(metric = 'init_refused_share', low, NULL)),
       max(iif(metric = 'init_refused_share', high, NULL))
FROM error AS e JOIN flood USING (point) LEFT JOIN threshold AS t USING (point)
GROUP BY point ORDER BY coalesce(at, 1e18) DESC, label, rate;
SELECT 'ticks', dense_rank() OVER (ORDER BY rate), replace(text, '/s', '') FROM (SELECT DISTINCT rate, text FROM flood);
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point)) || ' seeds, bars: 95 % confidence interval of the difference; ' ||
       (SELECT sum(pass) || ' of ' || count(*) FROM "check" WHERE theory = 'alike network.kind') ||
       ' surely within their tolerance; ikelab ' || version || ' ' || "commit" AS "$note",
       (SELECT group_concat(replace(label, ' ', char(160)), ' ') FROM
           (SELECT coalesce(label, 'default') AS label FROM threshold GROUP BY label ORDER BY coalesce(at, 1e18) DESC, label))
       AS "$names" FROM study;
