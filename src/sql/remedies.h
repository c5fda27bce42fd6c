// What to do about statements in a loop, in the words of the library that the service asks its database with. Pure.
#pragma once

#include <string>
#include <string_view>

#include "sql/exchange.h"

namespace hone::sql {

// How to ask once for all rows instead of once for each (or, of a write, to write them at once). `library` is one of
// "database/sql", "pgx", "sqlx", "sqlc", "gorm", "ent", "bun"; anything else gives what holds for all.
std::string BatchRemedy(std::string_view library, QueryClass query_class);

// What to do where a mapper writes the values into the texts of its statements.
std::string MappedTextsRemedy(std::string_view library);

// How to send values as parameters instead of inside of the text.
std::string ParameterRemedy(std::string_view library);

}  // namespace hone::sql
