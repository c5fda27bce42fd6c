insert into sites
select i, 'Site ' || i, (array['north', 'south', 'east', 'west'])[1 + i % 4], case when i % 3 = 0 then 'night' else 'standard' end, 28 + i % 7 * 0.375
from generate_series(1, 48) i;

insert into meters
select i, 1 + i % 48, 'M-' || lpad(i::text, 7, '0'), 1000 + i * 37 % 9000 + 0.25
from generate_series(1, 9600) i;

-- Thirty days of quarter hours.
insert into readings
select s, q, 0.2 + (s * 13 + q * 7) % 97 * 0.031 + case when q % 96 between 30 and 80 then 0.9 else 0 end,
       case when (s + q) % 211 = 0 then 'estimated' else 'measured' end
from generate_series(1, 48) s, generate_series(0, 2879) q;

analyze;
