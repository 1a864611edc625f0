-- Most half-open SAs there were, over the flood's rate. The law: rate x T, and never more than N.
-- Columns of the first: name, rate, most, low, high; of the second: name, rate, half-open SAs; of the
-- third: name, the rate N / T, N.
WITH load AS (
    SELECT f.point, rate, n.text AS limit_text, n.number AS places, t.text AS held_text
    FROM flood AS f
    JOIN param AS n ON n.point = f.point AND n.path LIKE 'gateways.%.half_open.limit'
    JOIN param AS t ON t.point = f.point AND t.path LIKE 'gateways.%.half_open.timeout')
SELECT 'N = ' || limit_text || ', T = ' || held_text, rate, mean, low, high
FROM load JOIN mean USING (point)
WHERE who = '*' AND metric = 'half_open_max' AND places > 0
      AND (point IN (SELECT point FROM theory WHERE theory = 'pin-rate')
           OR NOT EXISTS (SELECT 1 FROM theory WHERE theory = 'pin-rate'))
ORDER BY places, held_text, rate;
WITH pairs AS (
    SELECT DISTINCT n.number AS places, t.number AS held, max(rate) AS most
    FROM flood AS f
    JOIN param AS n ON n.point = f.point AND n.path LIKE 'gateways.%.half_open.limit'
    JOIN param AS t ON t.point = f.point AND t.path LIKE 'gateways.%.half_open.timeout'
    WHERE (f.point IN (SELECT point FROM theory WHERE theory = 'pin-rate')
           OR NOT EXISTS (SELECT 1 FROM theory WHERE theory = 'pin-rate'))
    GROUP BY n.number, t.number),
corner AS (
    SELECT places, held, 0 AS rate, 0 AS held_now FROM pairs
    UNION ALL SELECT places, held, places / held, places FROM pairs
    UNION ALL SELECT places, held, max(most * 1.1, places / held * 1.2), places FROM pairs)
SELECT 'rate x T, at most N = ' || cast(places AS INTEGER), rate, held_now FROM corner
WHERE places > 0 ORDER BY places, held, rate;
SELECT 'N / T', n.number / t.number, n.number,
       'N / T = ' || printf('%.4g', n.number / t.number) || '/s'
FROM flood AS f
JOIN param AS n ON n.point = f.point AND n.path LIKE 'gateways.%.half_open.limit'
JOIN param AS t ON t.point = f.point AND t.path LIKE 'gateways.%.half_open.timeout'
WHERE n.number > 0 GROUP BY n.number, t.number;
SELECT iif(count(*) = 0, 'not checked', iif(min(pass), 'PASS', 'FAIL') || ': ' || sum(pass) || ' of '
       || count(*) || ' points agree with N / T within tolerance') AS "$verdict"
FROM "check" WHERE theory = 'pin-rate';
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;
