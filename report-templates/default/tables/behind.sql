-- Who is to stand behind the report, and where signatures are to be found.
SELECT CASE WHEN :prepared_by = '' AND :prepared_for = '' THEN 'Nobody is named in an engagement file.'
            ELSE trim(CASE :prepared_by WHEN '' THEN '' ELSE 'Prepared by ' || :prepared_by || '. ' END || CASE :prepared_for
              WHEN '' THEN '' ELSE 'For ' || :prepared_for || '.' END) END AS behind,
       CASE :signed WHEN '1' THEN 'Signature: tagmanifest-sha256.txt.p7s'
         ELSE 'Hashed, not signed: no author is proven.' END AS signature
