-- Tables of facts.db that come neither from the snapshot nor from a resource file.

-- What the caller needs to be allowed to do for a resource to be read: the word `permission` of its file.
CREATE TABLE resource_permission(
  resource TEXT NOT NULL,
  op       TEXT NOT NULL,   -- ARM action, lower case
  PRIMARY KEY (resource, op)
) STRICT;

-- Gaps that the collector had not recorded and that were found while judging: an older collector read the answers with
-- older rules. They stand in `gap` too, and the list that they belong to counts as not read to its end.
CREATE TABLE late_gap(
  n        INTEGER PRIMARY KEY,  -- of gap
  resource TEXT NOT NULL         -- whose list it is: with gap.subject, the row of listing
) STRICT;
