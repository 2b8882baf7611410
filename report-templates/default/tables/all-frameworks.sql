-- No single framework is meant.
SELECT '' AS framework
