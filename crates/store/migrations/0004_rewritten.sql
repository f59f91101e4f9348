-- A file that is written over in place: its latest delivery is found by its path. In an SS-MIX2 storage nothing is.
CREATE INDEX delivery_path ON delivery (facility, source, path) WHERE format <> 'ss-mix2';
