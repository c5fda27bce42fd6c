create table sites (
    id bigint primary key,
    name text not null,
    region text not null,
    tariff text not null,
    cents_per_kwh numeric(8, 3) not null
);

create table meters (
    id bigint primary key,
    site_id bigint not null references sites,
    serial text not null,
    last_kwh double precision not null
);
create index on meters (site_id);

create table readings (
    site_id bigint not null references sites,
    quarter int not null,       -- of an hour, from the start of the period
    kwh double precision not null,
    state text not null,
    primary key (site_id, quarter)
);
