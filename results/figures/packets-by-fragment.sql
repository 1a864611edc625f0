-- Packets of a connection by TLS inside EAP over the fragment size, a line for each method and chain.
-- Columns: method and chain, octets, packets, low, high.
SELECT a.text || ', ' || cast(c.number AS INTEGER) || iif(c.number = 1, ' intermediate', ' intermediates'),
       f.number, m.mean / 1e3, m.low / 1e3, m.high / 1e3
FROM mean AS m
JOIN param AS a ON a.point = m.point AND a.path LIKE 'clients.%.auth' AND a.text IN ('eap-tls', 'eap-ttls')
JOIN param AS c ON c.point = m.point AND c.path LIKE 'clients.%.certificate_chain'
JOIN param AS f ON f.point = m.point AND f.path LIKE 'clients.%.eap.fragment'
WHERE m.who = '*' AND m.metric = 'packets_per_connection'
      AND coalesce((SELECT max(number) FROM param AS n WHERE n.point = m.point
                    AND n.path LIKE 'clients.%.children'), 1) = 1
ORDER BY a.text, c.number DESC, f.number;
SELECT experiment || ', ' || (SELECT max(n) FROM (SELECT count(*) AS n FROM run GROUP BY point))
       || ' seeds; bars: 95 % confidence interval of the mean; ikelab ' || version || ' ' || "commit"
       AS "$note" FROM study;
