// One administrative connection to a cluster, as rows and errors; application_name is "hone".
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "pg/cluster.h"
#include "pg/dsn.h"

namespace hone::pg {

// Connects, runs `text` (one or more statements; without an explicit transaction they are one), disconnects. kInput
// with the server's message and the line in `text`, counted from `first_line`; kNetwork where no connection could be
// made.
base::Result<Rows> RunOnce(const Dsn& dsn, std::string_view text, size_t first_line = 1);

// Whether a server accepts connections there.
bool Accepts(const Dsn& dsn);

// Gives the user of `dsn` another password. Only its SCRAM verifier reaches the server, so that neither its log nor
// pg_stat_statements ever holds it.
base::Result<void> ChangePassword(const Dsn& dsn, const std::string& fresh);

// `name` as an identifier, and as a string.
std::string QuoteName(std::string_view name);
std::string QuoteText(std::string_view text);

}  // namespace hone::pg
