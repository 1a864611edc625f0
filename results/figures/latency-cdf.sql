-- Set-up times of successful attempts at the largest flood, begun while it lasted: 400 quantiles.
-- Columns: threshold and success, milliseconds, percent of the successful attempts.
WITH largest AS (SELECT point, label, at FROM flood LEFT JOIN threshold USING (point)
                 WHERE rate IS (SELECT max(rate) FROM flood)),
tried AS (
    SELECT point, outcome, end_ns - start_ns AS took
    FROM handshake JOIN run USING (run) JOIN largest USING (point)
    WHERE phase = 'during' OR NOT EXISTS (SELECT 1 FROM flood WHERE rate > 0)),
share AS (
    SELECT point, 100.0 * sum(outcome = 'succeeded') / sum(outcome <> 'censored') AS percent
    FROM tried GROUP BY point),
ranked AS (
    SELECT point, took, row_number() OVER (PARTITION BY point ORDER BY took) AS place,
           count(*) OVER (PARTITION BY point) AS count
    FROM tried WHERE outcome = 'succeeded')
SELECT coalesce(label, 'default') || printf(': %.3g %% succeed', percent), took / 1e6,
       100.0 * place / count
FROM ranked JOIN share USING (point) JOIN largest USING (point)
WHERE place = 1 OR place = count OR place * 400 / count > (place - 1) * 400 / count
ORDER BY coalesce(at, 1e18) DESC, label, place;
SELECT text AS "$rate" FROM flood ORDER BY rate DESC LIMIT 1;
-- A threshold without a success has no curve: the note names it.
WITH barred AS (
    SELECT coalesce(label, 'default') AS label
    FROM handshake JOIN run USING (run) JOIN flood USING (point) LEFT JOIN threshold USING (point)
    WHERE rate IS (SELECT max(rate) FROM flood) AND (phase = 'during' OR rate = 0)
    GROUP BY point HAVING sum(outcome = 'succeeded') = 0)
SELECT experiment || ', all seeds together; attempts begun during the flood'
       || coalesce((SELECT '; none succeeds with N = ' || group_concat(label, ', ') FROM barred), '')
       || '; ikelab ' || version || ' ' || "commit" AS "$note" FROM study;
