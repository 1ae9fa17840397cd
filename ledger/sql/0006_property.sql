-- Compounds are places too, and each has a property status by which matters may be routed (domain/routing.py).

ALTER TABLE place ADD COLUMN property_status text;
COMMENT ON COLUMN place.property_status IS 'managed, quasi, self or none for a compound; null for a division';
