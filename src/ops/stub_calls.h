// How often a request makes the service call the stubs: counted in the quiet phase, kept as a capture.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "evidence/method.h"
#include "evidence/model.h"
#include "ops/measurer.h"
#include "sql/exchange.h"

namespace hone::ops {

inline constexpr std::string_view kStubCallsKind = "stub.calls";

// One request to the service.
struct CallWindow {
  int64_t size = -1;  // of the result; -1: the scenario has none
  bool cold = false;
  bool ok = false;
  std::vector<int64_t> calls = {};  // of each stub
  std::vector<int64_t> times = {};  // when they came, CLOCK_MONOTONIC ns: of each stub, one after the other
  bool operator==(const CallWindow&) const = default;
};

// Of one endpoint.
struct StubCalls {
  std::vector<std::string> stubs = {};  // their names
  std::vector<CallWindow> windows = {};
  bool operator==(const StubCalls&) const = default;
};

// The capture's bytes: a header line, the stubs' names, then a line for each request.
std::string Encode(const StubCalls& calls);
base::Result<StubCalls> DecodeStubCalls(std::string_view bytes);

// stub.calls_in_transaction@1: the median over the same requests of the calls that came while a connection to the
// database was in a transaction and idle; of an "sql.exchange" capture and the stub.calls capture of the same requests,
// with the parameters `stub` and `size`.
// stub.calls_per_request@1: the median over the warm requests that were answered as expected, with the parameters
// `stub` and, if only one size is meant, `size`.
std::span<const evidence::Method> StubMethods();

// Names in `draft`, a finding of sql.idle_in_transaction at `size`, the stubs that are called meanwhile, as far as they
// are in half of the requests.
void NameCallsInGaps(const sql::Exchange& exchange, evidence::CaptureId exchange_id, const StubCalls& calls,
                     evidence::CaptureId calls_id, int64_t size, evidence::FindingDraft& draft);

// A finding of sql.idle_in_transaction where half of the requests at `size` call a stub while a transaction is idle,
// however fast the stub answers: what it stands for is far away. To be given to NameCallsInGaps, too. Empty: there is
// none.
std::optional<evidence::FindingDraft> JudgeCallsInGaps(const sql::Exchange& exchange, evidence::CaptureId exchange_id,
                                                       const StubCalls& calls, int64_t size);

// "GET /orders calls the stub payments 2 times a request", or "1 times a request at size 1, 5 at 5" where the sizes
// differ; a sentence for each stub that was called. Measures what it says.
base::Result<std::vector<std::string>> DescribeCalls(const StubCalls& calls, const evidence::Capture& capture,
                                                     Measurer& measurer);

}  // namespace hone::ops
