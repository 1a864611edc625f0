-- Core time spent during the attack (over the run where there is none), in percent.
-- Columns: threshold, place on the axis, percent, low, high, rate.
WITH best AS (
    SELECT point, metric, mean, low, high, row_number() OVER (PARTITION BY point ORDER BY metric DESC)
           AS place
    FROM mean WHERE who = '*' AND metric IN ('cpu_share', 'cpu_share_during'))
SELECT coalesce(t.label, 'default') AS label, dense_rank() OVER (ORDER BY rate) AS place, mean / 1e4,
       max(low, 0) / 1e4, min(high, 1e6) / 1e4, f.text
FROM best JOIN flood AS f USING (point) LEFT JOIN threshold AS t USING (point)
WHERE best.place = 1 ORDER BY coalesce(at, 1e18) DESC, t.label, rate;
SELECT 'ticks', dense_rank() OVER (ORDER BY rate), text FROM (SELECT DISTINCT rate, text FROM flood);
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;
