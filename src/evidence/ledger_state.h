// What a Ledger is made of; shared by the files that implement it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "evidence/blobs.h"
#include "evidence/ledger.h"
#include "store/database.h"

namespace hone::evidence {

struct Ledger::State {
  store::Database database;
  BlobFolder blobs;
  // The blobs read last, newest at the end.
  std::vector<std::pair<std::string, std::shared_ptr<const std::string>>> recent = {};
};

}  // namespace hone::evidence
