// Gathers the finished round trips of all connections into a Recording, each text and value once.
//
// Belongs to one thread at a time; the proxy guards it with its mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/named.h"
#include "sql/recording.h"
#include "sql/wire.h"

namespace hone::sql {

class Recorder {
 public:
  // Begins anew at `now`, with room for `max_statements`.
  void Start(base::Nanos now, size_t max_statements);
  // Takes a round trip that began after Start; others are not part of this recording.
  void Add(uint32_t connection, WireTrip trip);
  // What was gathered since Start or the last Take: round trips by their ends, those of one moment by connection, and
  // statements in the order of their round trips.
  Recording Take(base::Nanos now);

  int64_t dropped() const { return dropped_; }

 private:
  using Index = base::Named<uint32_t>;

  void Order();
  uint32_t TextIndex(const std::string& text);
  uint32_t ValueIndex(const RecordedValue& value);
  std::shared_ptr<const RecordedBind> KeepBind(std::shared_ptr<const RecordedBind> bind);

  Recording recording_ = {};
  Index texts_ = {};
  Index values_ = {};
  size_t max_statements_ = 0;
  int64_t dropped_ = 0;
  size_t bind_bytes_ = 0;
};

}  // namespace hone::sql
