// A passive parser of one PostgreSQL session: fed what both sides sent, it tells the statements and round trips.
//
// It never needs to see a whole message and buffers only what it wants of one (a name, a text, parameters): rows and
// COPY data pass in constant memory. Source: PostgreSQL's documentation, "Frontend/Backend Protocol" (message flow,
// formats, pipelining), and src/backend/tcop/postgres.c for what the server skips after an error and in COPY mode.
// Belongs to one thread.
#pragma once

#include <array>
#include <boost/smart_ptr/local_shared_ptr.hpp>
#include <boost/smart_ptr/make_local_shared.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/fifo.h"
#include "base/named.h"
#include "sql/frame.h"
#include "sql/recording.h"

namespace hone::sql {

// The packet that asks for TLS: length 8, code 80877103.
inline constexpr std::string_view kSslRequest("\0\0\0\x08\x04\xd2\x16\x2f", 8);

// The first packet of a session, which has no type byte.
enum class StartupKind { kIncomplete, kSsl, kGss, kCancel, kSession, kForeign };
// Judged by its first 8 bytes (one byte tells a foreign protocol, such as TLS at once). Cancel keys may have any
// length.
StartupKind ClassifyStartup(std::string_view bytes);

// Whether a whole start-up packet asks for a replication connection, by the parameter that PostgreSQL reads for it.
bool AsksForReplication(std::string_view packet);

// The timeouts that PostgreSQL has for a session's statements, their waits and its idle transactions.
inline constexpr std::array<std::string_view, 3> kTimeoutSettings = {"statement_timeout", "lock_timeout",
                                                                     "idle_in_transaction_session_timeout"};
// Those that a whole start-up packet sets to something else than 0, by a parameter of that name or in `options`
// ("-c name=value", "--name=value").
std::vector<std::string_view> TimeoutsOf(std::string_view packet);

// Statement texts shared by all sessions: a pool of connections prepares the same ones again and again.
using Text = std::shared_ptr<const std::string>;
class TextPool {
 public:
  Text Intern(std::string_view text);
  size_t size() const { return texts_.size(); }

 private:
  struct ByContent {
    using is_transparent = void;
    static std::string_view View(const Text& text) { return *text; }
    static std::string_view View(std::string_view text) { return text; }
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return View(a) < View(b);
    }
  };
  std::set<Text, ByContent> texts_;
  size_t sweep_at_ = 1024;
};

struct WireCell {
  uint16_t column = 0;
  RecordedValue value = {};
};

struct WireStatement {
  Text text = {};
  uint32_t part = 0;
  Protocol protocol = Protocol::kSimple;
  base::Nanos end_ns = 0;
  std::vector<RecordedValue> parameters = {};
  std::shared_ptr<const RecordedBind> bind = {};
  std::vector<WireCell> cells = {};
  int64_t rows = 0;
  int64_t bytes = 0;
  std::string sqlstate = {};
  bool executed = true;
  bool fetch = false;
};

// A finished round trip with its statements; they are left out (and only counted) where no values were asked for.
struct WireTrip {
  TripKind kind = TripKind::kOther;
  base::Nanos start_ns = 0;
  base::Nanos end_ns = 0;
  bool overlapped = false;
  bool in_transaction = false;  // when it began
  int64_t statement_count = 0;
  int64_t rows = 0;
  // Errors about prepared statements: "cached plan must not change result type" (0A000), none of that name (26000), one
  // of that name already (42P05).
  int64_t changed_plans = 0;
  int64_t unknown_prepared = 0;
  int64_t prepared_twice = 0;
  std::vector<WireStatement> statements = {};
  // Of named statements: texts that this session had prepared before and prepares again, and those that it closes.
  std::vector<Text> prepared_again = {};
  std::vector<Text> closed = {};
};

class WireParser {
 public:
  explicit WireParser(TextPool& texts) : texts_(&texts) {}
  WireParser(const WireParser&) = delete;
  WireParser& operator=(const WireParser&) = delete;

  // The next bytes that the client (the server) sent, read at `now`. Finished round trips are appended to `trips`.
  // `details`: keep texts, parameters and row values of what begins from now on.
  void FromClient(std::string_view bytes, base::Nanos now, bool details, std::vector<WireTrip>& trips);
  void FromServer(std::string_view bytes, base::Nanos now, bool details, std::vector<WireTrip>& trips);
  // The session is over: what was under way is finished with what is known of it.
  void Finish(base::Nanos now, std::vector<WireTrip>& trips);

  // Called with the text of each statement that the client executes, as soon as that is read, at `now` (a simple
  // Query's only with details).
  using Watch = std::function<void(std::string_view text, base::Nanos now)>;
  void set_watch(Watch watch) { watch_ = std::move(watch); }

  // Something was asked that is not answered yet.
  bool busy() const { return !broken_ && !streaming_ && (!expected_.empty() || (open_ && !flushed_)); }
  // The session is past its start-up (and understood).
  bool started() const {
    return phase_ == Phase::kSession && !broken_ && !streaming_ &&
           (expected_.empty() || expected_.front().reply != Reply::kStartup);
  }
  // A statement or a transaction is under way: from its first message to the ReadyForQuery with status 'I'.
  bool held() const { return started() && (unsynced_ || transaction_ != 'I' || !expected_.empty()); }
  // A message of the client is not complete yet.
  bool in_message() const { return !broken_ && client_.in_message(); }
  // Bytes of both directions that were not understood.
  int64_t unparsed_bytes() const { return unparsed_bytes_; }

 private:
  enum class Phase { kStartup, kNegotiating, kSession };
  enum class Reply {
    kStartup,
    kParse,
    kBind,
    kDescribeStatement,
    kDescribePortal,
    kClose,
    kExecute,
    kSync,
    kQuery,
    kFunction,
    kCopyEnd
  };

  // Of what one session has, and so one thread: they count without locked instructions.
  struct Prepared;
  struct Portal;
  using PreparedPtr = boost::local_shared_ptr<Prepared>;
  using PortalPtr = boost::local_shared_ptr<Portal>;

  // A prepared statement as far as the wire shows it.
  struct Prepared {
    Text text;
    std::vector<uint32_t> parameter_oids;
    std::vector<uint32_t> column_oids;
    bool named = false;
  };
  struct Portal {
    PreparedPtr prepared;
    std::vector<RecordedValue> parameters;
    std::shared_ptr<const RecordedBind> bind;
    std::vector<int16_t> formats;
    bool suspended = false;
  };
  // What a Parse or Close did to the names, so that a failure can take it back.
  struct Undo {
    std::string name;
    PreparedPtr previous;
  };
  struct Trip {
    WireTrip event;
    bool over = false;  // told already, or part of another by now
    bool starts = false;
    bool executes = false;
    bool simple = false;
    bool describes = false;  // holds a Parse, Describe or Close
    bool first_use = true;   // every Parse was the first of its text by a name
  };
  // Trips are numbered in their order.
  using TripNumber = uint64_t;
  static constexpr TripNumber kNoTrip = ~TripNumber{0};
  struct Expected {
    Reply reply = Reply::kStartup;
    TripNumber trip = kNoTrip;
    PortalPtr portal = {};            // of Bind and Execute
    PreparedPtr prepared = {};        // of Parse and Describe
    std::unique_ptr<Undo> undo = {};  // of Parse and Close
    Text text = {};                   // of Query
  };
  // The statement whose rows come in now.
  struct Current {
    int64_t rows = 0;
    int64_t bytes = 0;
    uint32_t part = 0;
    std::vector<uint32_t> column_oids;  // of a Query
    std::vector<WireCell> cells;
    int64_t keys = 0;  // rows whose first column is among the cells
  };

  size_t Startup(std::string_view bytes);
  int64_t KeepOfClient(char type, uint32_t length) const;
  int64_t KeepOfServer(char type, uint32_t length) const;
  bool TakeFromClient(const Frame& frame);
  bool TakeFromServer(const Frame& frame);
  void OnParse(const Frame& frame);
  void OnBind(const Frame& frame);
  void OnDescribe(const Frame& frame);
  void OnClose(const Frame& frame);
  void OnExecute(const Frame& frame);
  void OnQuery(const Frame& frame);
  void OnCopyEnd();
  void OnSync();
  bool OnReady(const Frame& frame);
  bool OnError(const Frame& frame);
  bool OnDescription(const Frame& frame);
  bool OnCompletion(char type);
  bool OnCopyBegin(char type);
  void OnRow(const Frame& frame);
  void ReadParameters(ByteReader& reader, Portal& portal) const;
  Trip& OpenTrip();
  // Lives until the next is expected.
  Expected& Expect(Reply reply);
  bool Acknowledge(Reply reply);
  void Emit(const Expected& expected, std::string_view sqlstate, bool executed);
  Trip* Find(TripNumber trip);
  void CloseTrip(TripNumber trip);
  void DropTrip(TripNumber trip);
  PreparedPtr FindPrepared(std::string_view name) const;
  PortalPtr FindPortal(std::string_view name) const;
  PortalPtr NewPortal();
  void ForgetPortals();
  void UndoNames(const Expected& expected);
  void DropCopyEnds();
  void FinishFlushed();
  void Break(size_t bytes);

  // What each message looks at stands together, and first.
  Phase phase_ = Phase::kStartup;
  char transaction_ = 'I';
  bool details_ = false;        // of the call that is under way
  bool discarding_ = false;     // the server skips what the client sends up to its next Sync
  bool swallow_syncs_ = false;  // the server is in COPY mode and ignores Syncs
  bool flushed_ = false;        // the client's last message was a Flush
  bool unsynced_ = false;       // messages of the extended protocol came after the client's last Sync
  bool streaming_ = false;      // COPY in both directions: replication
  bool broken_ = false;
  int64_t unparsed_bytes_ = 0;
  base::Nanos now_ = 0;                   // of the call that is under way
  std::vector<WireTrip>* out_ = nullptr;  // likewise
  base::Fifo<Expected> expected_;
  base::Fifo<Trip> trips_;  // not finished, oldest first
  TripNumber first_trip_ = 0;
  std::optional<TripNumber> open_;  // takes the client's next message
  PortalPtr unnamed_portal_;        // most drivers know no other: kept apart, as it comes with each statement
  PortalPtr spare_portal_;          // the last one that went
  FrameReader client_;
  FrameReader server_;
  Current current_;
  Watch watch_;
  base::Named<PreparedPtr> prepared_;
  base::Named<PortalPtr> portals_;

  TextPool* texts_;
  std::string startup_;                    // the first bytes of a start-up packet
  uint64_t startup_skip_ = 0;              // of its rest
  std::unordered_set<size_t> seen_texts_;  // hashes of what was prepared by a name
};

}  // namespace hone::sql
