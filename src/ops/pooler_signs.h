// What a repository says of a pooler between the service and its database that hands sessions on after each
// transaction.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "golang/inspection.h"

namespace hone::ops {

struct PoolerSign {
  std::string place = {};  // "compose.yaml:12"
  std::string what = {};   // "sets POOL_MODE to transaction"; never a value that may hold a secret
};

// By the variables of compose files, manifests, .env and configuration files (a pool mode, or the address of a hosted
// pooler that works so: Supabase's on port 6543, Neon's), and by pgbouncer.ini and pgcat.toml in `repository`. A pooler
// whose mode nobody names is no sign: PgBouncer's own default is the session.
std::optional<PoolerSign> FindTransactionPooler(const golang::Inspection& inspection,
                                                const std::filesystem::path& repository);

// The line (from 1 on) of a pgbouncer.ini or pgcat.toml that sets the mode for all to transaction; empty: none does.
std::optional<int> TransactionModeLine(std::string_view text);

// What a drafted hone.toml says of it: a line of [database], or a comment where a pooler is there whose mode nobody
// names.
struct PoolerDraft {
  std::string line = {};
  std::string found = {};    // a sentence, or empty
  std::string missing = {};  // likewise: what a person has to look at
};

// `transaction` is what FindTransactionPooler() said. Without it settings of the driver that do without prepared
// statements count as such a pooler; PgBouncer's usual port (6432) and the images of poolers do not. Pure.
PoolerDraft DraftPooler(const golang::Inspection& inspection, const std::optional<PoolerSign>& transaction);

}  // namespace hone::ops
