// Whether a PostgreSQL answers somewhere, asked without entering it.
#pragma once

#include <cstdint>
#include <string>

namespace hone::pg {

// Sends an SSLRequest, which every PostgreSQL and pooler answers with one byte, S or N, before anybody is authenticated
// (PostgreSQL's "Frontend/Backend Protocol", SSL Session Encryption). `address` is a numeric one. False where nothing
// or something else comes within a third of a second.
bool SpeaksPostgres(const std::string& address, uint16_t port);

}  // namespace hone::pg
