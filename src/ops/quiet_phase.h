// The steps of the quiet phase (ops/quiet.h) and the state that they share. Private to ops/.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "evidence/model.h"
#include "evidence/redaction.h"
#include "golang/symbols.h"
#include "host/machine.h"
#include "metrics/prometheus.h"
#include "ops/delay_probe.h"
#include "ops/dry_run.h"
#include "ops/held_reply.h"
#include "ops/measurer.h"
#include "ops/page_parameter.h"
#include "ops/quiet.h"
#include "ops/rig.h"
#include "ops/stub_calls.h"
#include "ops/thinned_elements.h"
#include "ops/thinned_rows.h"
#include "ops/user.h"
#include "project/scenario.h"
#include "sql/exchange.h"
#include "sql/large_reads.h"
#include "sql/paging.h"
#include "sql/recording.h"
#include "sql/steady_loop.h"

namespace hone::ops {

// No traffic for so long: the request's work on the database is over.
inline constexpr base::Nanos kQuietFor = 3 * base::kMillisecond;
inline constexpr base::Nanos kDrainAtMost = 2000 * base::kMillisecond;
inline constexpr base::Nanos kFresh = 30'000 * base::kMillisecond;  // what an endpoint's requests take, at most
inline constexpr int kWarmRepeats = 4;
inline constexpr int kKeptRepeats = 2;     // of values that were not drawn (Learned::KeepSet)
inline constexpr int kTypicalRepeats = 8;  // further warm requests at the size by which budgets are judged
inline constexpr uint64_t kQuietSeed = 1;

using Drafts = std::vector<evidence::FindingDraft>;

// Runs one phase; the state that its steps share.
class QuietRun {
 public:
  QuietRun(const project::Project& project, const DryRun& dry, Rig& rig, Measurer& measurer,
           const evidence::Redactor& redactor, const base::Task& task, uint64_t& sequence,
           const std::vector<golang::Module>& modules, bool experiments)
      : project_(project),
        dry_(dry),
        rig_(rig),
        measurer_(measurer),
        redactor_(redactor),
        task_(task),
        user_(rig, task, sequence),
        held_(rig, measurer, user_, modules, task),
        probe_(rig, user_, task),
        experiments_(experiments) {}

  base::Result<Quiet> Run(const std::vector<size_t>& selected, double later_seconds);

 private:
  // An endpoint with a loop over as many rows in every request, to be asked again with fewer in the database.
  struct Steady {
    size_t endpoint = 0;  // index into Quiet::endpoints
    project::Assignment assignment = {};
    sql::LoopSource source = {};  // to be thinned out
    std::string loop = {};        // the query's text
    bool certain = false;         // it runs over the source's rows, as far as can be seen
    size_t rank = 0;              // of the source among those of the loop
    int64_t calls = 0;
    bool elements = false;  // those of lists in the source's rows are taken out, instead of rows
  };

  // Leaves so many in the database and answers how many there are then; negative: it could not.
  using Keep = std::function<int64_t(int64_t left)>;

  // An endpoint that reads pages, to be asked for the last one.
  struct Paged {
    size_t endpoint = 0;
    project::Assignment assignment = {};
    PageParameter parameter = {};
    sql::Page page = {};
  };

  // A statement that returns or counts much, of which not all may be needed.
  struct Large {
    size_t endpoint = 0;
    sql::LargeRead read = {};
    std::vector<project::Assignment> assignments = {};  // of its executions
  };

  base::Result<void> CountAll(const std::vector<size_t>& selected, double later_seconds);
  base::Result<void> BeginAudit();
  base::Result<StatementAudit> CountBoth();
  base::Result<void> EndAudit();
  base::Result<void> WatchIdle();
  // What the service does by itself when it was started anew (jobs that waited, caches to fill) is the background's.
  void WatchStart();
  std::string LeastPath() const;
  void CalibrateTransport();
  std::vector<AskedValues> AskedValuesOf(const project::Scenario& scenario) const;
  base::Result<void> MeasureEndpoint(size_t index);
  // Puts the database back and starts the service afresh.
  base::Result<void> StartAfresh(Rig::Before before = Rig::Before::kHealthy);
  // The same where requests have written since.
  base::Result<void> UndoWrites();
  void ForgetRequests();
  // The requests since ForgetRequests() as evidence.
  base::Result<evidence::Capture> KeepExchange(const std::string& endpoint, const sql::Exchange& exchange);
  // The queries that run once for each row.
  static std::vector<uint32_t> LoopsOf(const sql::Exchange& exchange, const Drafts& drafts);
  // Whether the answer waits for their round trips one after the other.
  base::Result<std::vector<CheckedLoop>> CheckLoops(const QuietEndpoint& endpoint, const sql::Exchange& exchange,
                                                    const std::vector<uint32_t>& loops);
  void NoteSteady(const QuietEndpoint& endpoint, const sql::Recording& recording);
  base::Result<void> CountThinned();
  // What an experiment that failed is said by; kCancelled is handed on.
  base::Result<void> Excuse(const base::Error& error, const std::string& endpoint);
  void NotePage(const QuietEndpoint& endpoint, const sql::Recording& recording);
  base::Result<void> CountLastPages();
  base::Result<void> FindLastPages(std::vector<std::pair<const Paged*, int64_t>>& wanted);
  base::Result<void> ReadLastPage(const Paged& paged, int64_t value);
  // What a request brought.
  struct Brought {
    std::string body = {};
    std::map<std::string, std::string> headers = {};              // by their names in lower case
    std::map<std::string, int64_t> statements = {};               // how often each ran, by their normalised texts
    std::map<std::string, std::vector<std::string>> tables = {};  // that each of them reads
    std::vector<sql::StatementSample> others = {};                // reads beside the read
    bool knows_others = true;                                     // all of them could be kept
    int64_t rows = -1;  // of the read; -1: it did not run, or the answer was wrong
    int64_t read = -1;  // the same, also where the answer was one of 4xx
  };
  // What a request brings while nothing changes, and in which places (answer_differences.h; "header etag") two of them
  // differ anyway.
  struct Steadily {
    Brought brought = {};
    std::set<std::string> volatile_places = {};

    static std::set<std::string> Differences(const Brought& one, const Brought& other);
    // Whether the answer is the same, and so is what the service asked the database.
    bool IsLike(const Brought& other) const;
  };
  class ColumnTrial;  // quiet_reads.cc

  void NoteLarge(const QuietEndpoint& endpoint, const sql::Recording& recording);
  base::Result<Brought> AskFor(const Large& large, size_t execution);
  static bool IsKeptElsewhere(const Brought& first, const Brought& later, const std::string& read);
  base::Result<std::optional<Steadily>> AskTwice(const Large& large, size_t execution);
  base::Result<void> TryLargeReads();
  base::Result<void> TryColumns(const Large& large, base::Nanos until);
  base::Result<void> TryRows(const Large& large, base::Nanos until);
  // What is brought with those rows of the read alone; empty where others come. The database is as it was.
  base::Result<Brought> AskWithRows(const Large& large, size_t execution, const std::vector<size_t>& kept);
  // Some of a read's rows, ascending, that an answer may need alone.
  struct Selection {
    std::vector<size_t> rows = {};
    bool certain = false;  // its list shows them: it is surely another one without
  };
  // How many rows a read has, and how many of them the answer is the same with.
  struct Needed {
    int64_t rows = 0;
    int64_t needed = 0;
    bool certain = false;  // without these it is another one
  };
  static std::vector<Selection> Selections(const pg::Rows& rows, const std::string& body,
                                           const project::Assignment& asked);
  base::Result<std::optional<Needed>> RowsNeeded(const Large& large, size_t execution);
  base::Result<void> TryCounts(const Large& large, base::Nanos until);
  // Whether the answer is the same with one of the counted rows alone, and another with none. The database is as it
  // was.
  base::Result<bool> DecidesByExistence(const Large& large, size_t execution, const sql::LoopSource& counted);
  base::Result<void> KeepUnneeded(const Large& large, int64_t rows, int64_t needed);
  base::Result<void> FindCallersOf(const std::vector<Large>& reads);
  // Whether the loop is told, or the endpoint was asked with fewer rows of the source.
  bool IsSettled(const Steady& steady) const;
  base::Result<void> ThinOut(const Steady& steady, Rig::Before before);
  base::Result<bool> AskWhileUsedUp(const Steady& steady, ThinnedRows& rows);
  base::Result<bool> AskWithFewerRows(const Steady& steady);
  base::Result<bool> AskWithFewerElements(const Steady& steady);
  // False where the endpoint does not answer as expected without them.
  base::Result<bool> AskWhileThinning(const Steady& steady, int64_t all, const Keep& keep);
  // Whether the source's rows hold such lists at all.
  bool HoldsLists(const Steady& steady);
  base::Result<void> KeepStubCalls(QuietEndpoint& endpoint);
  void NoteStubCalls(const sql::RequestWindow& window);
  // The texts of queries that a rule objects to, or may by their plans.
  static std::set<std::string> Suspects(const Drafts& drafts, const sql::Exchange& exchange,
                                        const std::vector<sql::StatementSample>& slow);
  // Who asks them.
  base::Result<void> FindCallers(QuietEndpoint& endpoint, const project::Scenario& scenario,
                                 const sql::Exchange& exchange, const std::set<std::string>& suspects);
  // What the machine's cores did, and what of it hone, service and database did.
  struct MachineUse {
    host::NoiseSample noise = {};
    int64_t own_cpu_ns = 0;
  };
  MachineUse UseSoFar() const;
  static double ForeignShare(const MachineUse& before, const MachineUse& after);
  // Asks once and notes down the window, which has its size and variant.
  base::Result<Asked> AskIn(sql::RequestWindow window, const project::Scenario& scenario,
                            const project::Assignment& assignment);
  sql::RequestWindow WindowFor(const project::Scenario& scenario, const project::Assignment& assignment,
                               bool cold) const;
  enum class Heard : uint8_t { kAnswers, kRefused, kEnough };  // kEnough: the endpoint is to be given up
  // Asks with one set of values, cold and then warm. kRefused: the first request was refused for its rows' state, which
  // leaves nothing behind.
  base::Result<Heard> AskRepeatedly(size_t index, const project::Assignment& assignment, int repeats, bool may_refuse);
  // The last request is none of the endpoint's.
  bool IsRefusedForRows() const;
  void ForgetLast();
  // Whether it goes on after an answer that is not as expected.
  bool Bears(size_t index, const Asked& asked);
  // A service that announces a limit gets fewer requests than that.
  size_t MostRequests(size_t index) const;
  base::Result<void> AskAll(size_t index);
  // The same of a scenario that is choosy (Tried): each set of values once, what is refused left out.
  base::Result<void> AskEachOnce(size_t index);
  base::Result<std::vector<project::Assignment>> SetsToAskOnce(const project::Scenario& scenario) const;
  sql::Recording Drain();
  std::optional<metrics::Snapshot> Scrape() const;
  TypicalCost Typical(const sql::Exchange& exchange) const;

  const project::Project& project_;
  const DryRun& dry_;
  Rig& rig_;
  Measurer& measurer_;
  const evidence::Redactor& redactor_;
  const base::Task& task_;
  User user_;
  HeldReplies held_;
  DelayProbe probe_;
  bool experiments_;
  Quiet quiet_;
  sql::Recording idle_recording_;
  std::vector<sql::IdleWindow> idle_windows_;
  sql::RequestWindow transport_;  // its three fields of that name, as calibrated
  std::vector<sql::RequestWindow> windows_;
  std::vector<project::Assignment> asked_;           // of each window
  std::map<base::Nanos, sql::ListedValues> listed_;  // in their answers, by their starts
  StubCalls stub_calls_;                             // in each window
  std::vector<project::Assignment> spare_;           // that were not asked with, of a scenario that accepts each once
  std::vector<Steady> steady_;
  std::set<std::pair<size_t, std::string>> told_;                 // endpoints and loops
  std::set<std::tuple<size_t, std::string, std::string>> tried_;  // endpoints, sources and loops
  std::vector<Paged> paged_;
  std::vector<Large> large_;
  std::vector<Large> counting_;
  bool written_ = false;       // a writing scenario was asked since the database was put back
  bool just_started_ = false;  // nothing was asked since
  int failures_ = 0;
  size_t refused_ = 0;    // sets of values, of the endpoint that is asked
  bool used_up_ = false;  // its rows are in another state than when the same values were accepted
  int64_t slow_drains_ = 0;
  int64_t unchecked_loops_ = 0;
  bool auditing_ = false;
  StatementAudit audit_begin_;  // what both had counted when the audit began
};

}  // namespace hone::ops
