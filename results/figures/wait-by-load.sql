-- How long requests wait in the inbox, over the flood's rate.
-- Columns of the first: name, rate, microseconds, low, high; of the second: name, rate, microseconds.
SELECT 'measured', rate, mean / 1e3, max(low, 0) / 1e3, high / 1e3
FROM mean JOIN flood USING (point)
WHERE who = '*' AND metric = 'wait_mean'
      AND (point IN (SELECT point FROM theory WHERE theory = 'md1-wait')
           OR NOT EXISTS (SELECT 1 FROM theory WHERE theory = 'md1-wait'))
ORDER BY rate;
-- The cost D of a request, from the least predicted wait W = rate D D / (2 (1 - rate D)); then the curve.
WITH RECURSIVE least AS (
    SELECT rate / 1e9 AS rate, value AS wait FROM theory JOIN flood USING (point)
    WHERE theory = 'md1-wait' AND value > 0 ORDER BY flood.rate LIMIT 1),
cost AS (SELECT sqrt(wait * wait + 2 * wait / rate) - wait AS ns FROM least),
most AS (SELECT max(rate) / 1e9 * (SELECT ns FROM cost) AS load
         FROM theory JOIN flood USING (point) WHERE theory = 'md1-wait'),
step(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM step WHERE i < 200),
curve AS (SELECT ns, i / 200.0 * min(0.99, load + (1 - load) * 0.2) AS load FROM cost, most, step)
SELECT 'M/D/1 (Pollaczek and Khinchine), ' || printf('%.4g', ns / 1e3) || ' us a request',
       load / ns * 1e9, load * ns / (2 * (1 - load)) / 1e3
FROM curve ORDER BY load;
SELECT coalesce((SELECT iif(count(*) = 0, 'not checked', iif(min(pass), 'PASS', 'FAIL') || ': '
       || sum(pass) || ' of ' || count(*) || ' points agree with M/D/1 within tolerance')
       FROM "check" WHERE theory = 'md1-wait'), '') AS "$verdict";
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;
