// The commands of `hone sql proxy --control`: JSON lines in, JSON lines out, so that a test can count and locate the
// statements of a function (go/honetest does).
//
// The first line out is {"listening": "127.0.0.1:41234", "control": 1}. Then, of commands and their answers:
// - {"do": "record", "hold_ms": 1000}: begins to note statements down, {"recording": true}. With hold_ms the reply to
//   each of them is held until "go", or for that long: {"held": 3, "queries": ["9f86d081884c7d65"]} says that
//   connection 3 waits for the reply to these.
// - {"do": "go", "held": 3}: lets it go on; has no answer.
// - {"do": "stop", "quiet_ms": 10}: waits until nothing is under way for that long, {"recorded": {"statements": 4,
//   "round_trips": 4, "lost": 0, "queries": [{"id": ..., "text": ..., "fingerprint": ..., "class": "read",
//   "statements": 4, "round_trips": 4, "rows": 4}]}}.
// - {"error": "..."} instead of an answer.
//
// Texts are normalised: no value is in them. Statements are counted as by the quiet phase (see sql::RequestAccount);
// empty ones, which drivers send as pings, are left out. A query's round trips are those that hold it and wait for an
// answer of their own: a batch is one.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/task.h"
#include "sql/fingerprint.h"
#include "sql/proxy.h"
#include "sql/recording.h"

namespace hone::ops {

class SqlControl {
 public:
  using Say = std::function<void(const std::string& line)>;

  // Both must outlive it. `say` takes whole lines with their end.
  SqlControl(sql::Proxy& proxy, Say say) : proxy_(&proxy), say_(std::move(say)) {}
  ~SqlControl();
  SqlControl(const SqlControl&) = delete;
  SqlControl& operator=(const SqlControl&) = delete;

  // Reads commands from `descriptor` to its end, or until the task is cancelled.
  base::Result<void> Run(int descriptor, const base::Task& task);

 private:
  struct Stopping {
    base::Nanos quiet_ns = 0;
    base::Nanos deadline = 0;
  };
  void Obey(std::string_view line);
  void Record(base::Nanos hold_ns);
  void TryToStop();
  void Answer(const std::string& line);

  sql::Proxy* proxy_;
  Say say_;
  std::mutex saying_;
  bool recording_ = false;
  std::optional<Stopping> stopping_ = {};
  sql::Fingerprinter held_ = sql::Fingerprinter();  // of the proxy's thread alone
};

// A recording as the line {"recorded": ...}.
std::string RecordedLine(const sql::Recording& recording);

}  // namespace hone::ops
