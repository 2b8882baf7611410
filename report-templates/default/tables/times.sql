-- When, and by whose clock.
SELECT 1 AS place, 'Snapshot taken at' AS name, taken_at AS value,
       CASE taken_at_by WHEN 'operator' THEN 'set by the operator (--taken-at)' ELSE 'when the collection ended' END AS more
         FROM snapshot
UNION ALL SELECT 2, 'Collection began', started_at, CASE source
  WHEN 'recording' THEN 'the collector''s clock, while it read the recording' ELSE 'the collector''s clock' END FROM snapshot
UNION ALL SELECT 3, 'Collection ended', finished_at, '' FROM snapshot
UNION ALL SELECT 4, 'Largest difference from Azure''s clock',
       CASE WHEN clock_difference IS NULL THEN 'not known'
         ELSE abs(clock_difference) || CASE abs(clock_difference) WHEN 1 THEN ' second' ELSE ' seconds' END END,
       CASE WHEN clock_difference IS NULL THEN CASE source WHEN 'recording' THEN 'a recording has no clock to compare with'
         ELSE 'no answer bore a Date' END
            ELSE 'between the collector''s clock and the Date of an answer' END FROM snapshot
UNION ALL SELECT 5, 'Times of the recording', coalesce(recording_first, 'not known') || ' to ' ||
  coalesce(recording_last, 'not known'),
       'as its entries say' FROM snapshot WHERE source = 'recording'
UNION ALL SELECT 6, 'First and last answer', min(received_at) || ' to ' || max(received_at), '' FROM exchange HAVING count(*) > 0
UNION ALL SELECT 7, 'Date of this report', value, '' FROM report_option WHERE name = 'as-of'
 ORDER BY 1
