#include "sql/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sql/wire_messages.h"

namespace hone::sql {
namespace {

using namespace messages;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pointee;
using ::testing::SizeIs;

struct Outcome {
  std::vector<WireTrip> trips;
  int64_t unparsed = 0;
  bool busy = false;
};

// Everything of a session's events in one text, so that two ways of cutting it can be compared.
std::string Describe(const Outcome& outcome) {
  std::ostringstream out;
  for (const WireTrip& trip : outcome.trips) {
    out << "trip " << static_cast<int>(trip.kind) << " n=" << trip.statement_count << " rows=" << trip.rows
        << " tx=" << trip.in_transaction << "\n";
    for (const WireStatement& s : trip.statements) {
      out << "  " << *s.text << " #" << s.part << " p" << static_cast<int>(s.protocol) << " rows=" << s.rows
          << " bytes=" << s.bytes << " " << s.sqlstate << (s.executed ? "" : " not executed")
          << (s.fetch ? " fetch" : "") << " (";
      for (const RecordedValue& value : s.parameters) out << value.canonical << (value.traceable ? "" : "!") << ",";
      out << ") [";
      for (const WireCell& cell : s.cells) out << cell.column << ":" << cell.value.canonical << ",";
      out << "]\n";
    }
  }
  out << "unparsed " << outcome.unparsed << " busy " << outcome.busy << "\n";
  return out.str();
}

void Feed(WireParser& parser, const Sent& sent, std::string_view bytes, std::vector<WireTrip>& trips) {
  if (sent.client) {
    parser.FromClient(bytes, 1, true, trips);
  } else {
    parser.FromServer(bytes, 1, true, trips);
  }
}

// In pieces that end at every multiple of `piece`, and at `cut` bytes from the session's start.
Outcome Replay(const Session& session, size_t piece = SIZE_MAX, size_t cut = SIZE_MAX) {
  TextPool texts;
  WireParser parser(texts);
  Outcome outcome;
  size_t at = 0;
  for (const Sent& sent : session) {
    for (size_t i = 0; i < sent.bytes.size();) {
      size_t end = piece == SIZE_MAX ? sent.bytes.size() : std::min(sent.bytes.size(), i + piece);
      if (cut > at + i && cut < at + end) end = cut - at;
      Feed(parser, sent, std::string_view(sent.bytes).substr(i, end - i), outcome.trips);
      i = end;
    }
    at += sent.bytes.size();
  }
  outcome.unparsed = parser.unparsed_bytes();
  outcome.busy = parser.busy();
  return outcome;
}

// Runs a session whole, byte by byte, and cut at every offset; all must give the same events.
Outcome ReplayEveryWay(const Session& session) {
  const Outcome whole = Replay(session);
  EXPECT_EQ(Describe(Replay(session, 1)), Describe(whole));
  size_t size = 0;
  for (const Sent& sent : session) size += sent.bytes.size();
  for (size_t cut = 1; cut < size; cut += size > 20'000 ? 97 : 1) {
    EXPECT_EQ(Describe(Replay(session, SIZE_MAX, cut)), Describe(whole)) << "cut at " << cut;
  }
  return whole;
}

std::string Int4(uint32_t value) { return Number(value, 4); }

TEST(Startup, IsToldByItsFirstEightBytes) {
  EXPECT_EQ(ClassifyStartup(Startup()), StartupKind::kSession);
  EXPECT_EQ(ClassifyStartup(Startup().substr(0, 7)), StartupKind::kIncomplete);
  EXPECT_EQ(ClassifyStartup(Ssl()), StartupKind::kSsl);
  EXPECT_EQ(ClassifyStartup(Gss()), StartupKind::kGss);
  EXPECT_EQ(ClassifyStartup(Cancel("1234")), StartupKind::kCancel);
  EXPECT_EQ(ClassifyStartup(Cancel(std::string(256, 'k'))), StartupKind::kCancel);
  EXPECT_EQ(ClassifyStartup("\x16\x03\x01"), StartupKind::kForeign);
  EXPECT_EQ(ClassifyStartup("GET / HTTP/1.1"), StartupKind::kForeign);
  EXPECT_EQ(ClassifyStartup(Number(196610, 4) + Number(196610, 4)), StartupKind::kForeign);
  EXPECT_EQ(ClassifyStartup(Number(20, 4) + Number(196610, 4)), StartupKind::kSession) << "protocol 3.2";
}

TEST(Startup, AsksForReplication) {
  const auto asks = [](const std::string& parameters) {
    const std::string body = Number(196608, 4) + parameters + '\0';
    return AsksForReplication(Number(body.size() + 4, 4) + body);
  };
  for (const char* yes : {"database", "true", "T", "on", "yes", "1"})
    EXPECT_TRUE(asks(Zero("user") + Zero("replication") + Zero("replication") + Zero(yes))) << yes;
  for (const char* no : {"false", "off", "o", "no", "0", "", "maybe"})
    EXPECT_FALSE(asks(Zero("replication") + Zero(no) + Zero("user") + Zero("u"))) << no;
  EXPECT_FALSE(asks(Zero("user") + Zero("replication") + Zero("database") + Zero("replication")));
  EXPECT_FALSE(asks("replication"));
  EXPECT_FALSE(AsksForReplication(""));
}

TEST(Startup, TellsTheTimeoutsThatItSets) {
  const auto timeouts = [](const std::string& parameters) {
    const std::string body = Number(196608, 4) + parameters + '\0';
    return TimeoutsOf(Number(body.size() + 4, 4) + body);
  };
  EXPECT_THAT(timeouts(Zero("user") + Zero("u") + Zero("statement_timeout") + Zero("5s")),
              ElementsAre("statement_timeout"));
  EXPECT_THAT(timeouts(Zero("statement_timeout") + Zero("0") + Zero("lock_timeout") + Zero("0ms")), IsEmpty());
  EXPECT_THAT(timeouts(Zero("options") + Zero("-c lock_timeout=100 -c statement_timeout=0")),
              ElementsAre("lock_timeout"));
  EXPECT_THAT(timeouts(Zero("options") + Zero("--idle-in-transaction-session-timeout=10s --statement_timeout=1min")),
              ElementsAre("idle_in_transaction_session_timeout", "statement_timeout"));
  EXPECT_THAT(timeouts(Zero("application_name") + Zero("statement_timeout=5s")), IsEmpty());
  EXPECT_THAT(TimeoutsOf("statement_timeout"), IsEmpty());
  EXPECT_THAT(TimeoutsOf(""), IsEmpty());
}

TEST(Wire, SimpleQueryWithSeveralStatements) {
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Query("select 1; select 2")),
                      S(RowDescription({23}) + Row({"1"}) + Complete("SELECT 1") + Notice() + RowDescription({23}) +
                        Row({"2"}) + Row({std::nullopt}) + Complete("SELECT 2") + Ready())}));
  ASSERT_THAT(outcome.trips, SizeIs(2));
  EXPECT_EQ(outcome.trips[0].kind, TripKind::kStartup);
  EXPECT_EQ(outcome.trips[1].kind, TripKind::kSimple);
  ASSERT_THAT(outcome.trips[1].statements, SizeIs(2));
  EXPECT_EQ(outcome.trips[1].statements[1].part, 1U);
  EXPECT_EQ(outcome.trips[1].statements[1].rows, 2);
  EXPECT_EQ(outcome.trips[1].statements[0].protocol, Protocol::kSimple);
  EXPECT_FALSE(outcome.busy);
}

TEST(Wire, PreparedStatementDecodesBinaryValuesByType) {
  const Outcome outcome = ReplayEveryWay(After(
      Begin(),
      {C(Parse("s1", "select id from t where id=$1") + DescribeStatement("s1") + Sync()),
       S(ParseComplete() + ParameterDescription({23}) + RowDescription({20, 2950}) + Ready()),
       C(Bind("s1", {Int4(42)}, 1, 1) + Execute() + Sync()),
       S(BindComplete() +
         Row({Number(42, 8), std::string("\x12\x34\x56\x78\x12\x34\x12\x34\x12\x34\x12\x34\x56\x78\x9a\xbc", 16)}) +
         Complete("SELECT 1") + Ready())}));
  ASSERT_THAT(outcome.trips, SizeIs(3));
  EXPECT_EQ(outcome.trips[1].kind, TripKind::kPrepare);
  EXPECT_EQ(outcome.trips[1].statement_count, 0);
  const WireStatement& statement = outcome.trips[2].statements.at(0);
  EXPECT_EQ(statement.protocol, Protocol::kPrepared);
  EXPECT_EQ(statement.parameters.at(0).canonical, "42");
  EXPECT_EQ(statement.cells.at(0).value.canonical, "42");
  EXPECT_EQ(statement.cells.at(1).value.canonical, "12345678-1234-1234-1234-123456789abc");
}

TEST(Wire, OfManyRowsTheKeysAreKeptAndSomeRowsWhole) {
  constexpr int64_t kRows = 5000;
  std::string answered = RowDescription({23, 25});
  for (int64_t i = 0; i < kRows; ++i) answered += Row({std::to_string(i), "name " + std::to_string(i)});
  const Outcome outcome =
      Replay(After(Begin(), {C(Query("select id, name from t")), S(answered + Complete("SELECT 5000") + Ready())}));
  int64_t keys = 0;
  int64_t late = 0;
  std::string key;
  for (const WireCell& cell : outcome.trips.at(1).statements.at(0).cells) {
    if (cell.column == 0) {
      key = cell.value.canonical;
      EXPECT_EQ(key, std::to_string(keys++));
    } else {
      EXPECT_EQ(cell.value.canonical, "name " + key);
      late += keys > 4000 ? 1 : 0;
    }
  }
  EXPECT_EQ(keys, kRows);
  EXPECT_GT(late, 0) << "the rows that an answer lists may be the last ones";
}

TEST(Wire, PipelinedBatchIsOneRoundTrip) {
  std::string sent;
  std::string answered;
  for (uint32_t i = 0; i < 5; ++i) {
    sent += Bind("s", {Int4(i)}, 1) + Execute();
    answered += BindComplete() + Row({"1"}) + Complete("SELECT 1");
  }
  const Outcome outcome =
      ReplayEveryWay(After(Begin(), {C(Parse("s", "select $1") + Sync()), S(ParseComplete() + Ready()),
                                     C(sent + Sync()), S(answered + Ready())}));
  ASSERT_THAT(outcome.trips, SizeIs(3));
  EXPECT_EQ(outcome.trips[2].statement_count, 5);
}

TEST(Wire, SyncGroupsSentAtOnceOverlap) {
  const std::string one = Bind("", {}) + Execute() + Sync();
  const std::string answer = BindComplete() + Complete("SELECT 0") + Ready();
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Parse("", "select 1") + one + one + one), S(ParseComplete() + answer + answer + answer)}));
  ASSERT_THAT(outcome.trips, SizeIs(4));
  EXPECT_FALSE(outcome.trips[1].overlapped);
  EXPECT_TRUE(outcome.trips[2].overlapped);
  EXPECT_TRUE(outcome.trips[3].overlapped);
}

TEST(Wire, ErrorSkipsEverythingUpToTheNextSync) {
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Parse("a", "select 1") + Bind("a", {}) + Execute() + Parse("b", "broken") + Bind("b", {}) +
                        Execute() + Sync() + Bind("a", {}) + Execute() + Sync()),
                      S(ParseComplete() + BindComplete() + Row({"1"}) + Complete("SELECT 1") + Error("42601") +
                        Ready() + BindComplete() + Row({"1"}) + Complete("SELECT 1") + Ready())}));
  ASSERT_THAT(outcome.trips, SizeIs(3));
  ASSERT_THAT(outcome.trips[1].statements, SizeIs(2));
  EXPECT_EQ(outcome.trips[1].statement_count, 1);
  EXPECT_EQ(outcome.trips[1].statements[1].sqlstate, "42601");
  EXPECT_FALSE(outcome.trips[1].statements[1].executed);
  EXPECT_EQ(*outcome.trips[2].statements.at(0).text, "select 1");
}

TEST(Wire, ErrorBeforeTheClientsSyncDropsWhatFollows) {
  const Outcome outcome = ReplayEveryWay(After(Begin(), {C(Parse("", "broken") + Flush()), S(Error("42601")),
                                                         C(Bind("", {}) + Execute()), C(Sync()), S(Ready())}));
  ASSERT_THAT(outcome.trips, SizeIs(2));
  EXPECT_EQ(outcome.unparsed, 0);
  EXPECT_FALSE(outcome.busy);
}

TEST(Wire, FailedParseLeavesTheEarlierStatementOfThatName) {
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Parse("a", "first") + Sync()), S(ParseComplete() + Ready()), C(Parse("a", "second") + Sync()),
                      S(Error("42P05") + Ready()), C(Bind("a", {}) + Execute() + Sync()),
                      S(BindComplete() + Complete("SELECT 0") + Ready())}));
  EXPECT_EQ(*outcome.trips.at(3).statements.at(0).text, "first");
}

TEST(Wire, ClosedStatementsAndSecondPreparesAreNoFirstUse) {
  const Outcome outcome = ReplayEveryWay(After(
      Begin(), {C(Parse("a", "x") + DescribeStatement("a") + Sync()),
                S(ParseComplete() + ParameterDescription({}) + NoData() + Ready()), C(CloseStatement("a") + Sync()),
                S(CloseComplete() + Ready()), C(Parse("b", "x") + Sync()), S(ParseComplete() + Ready())}));
  EXPECT_EQ(outcome.trips.at(1).kind, TripKind::kPrepare);
  EXPECT_EQ(outcome.trips.at(2).kind, TripKind::kDescribe);
  EXPECT_EQ(outcome.trips.at(3).kind, TripKind::kDescribe);
}

TEST(Wire, TellsWhatIsPreparedAgainAndClosed) {
  const std::string text = "select 1 from t";
  const Outcome outcome = ReplayEveryWay(After(
      Begin(),
      {C(Parse("s1", text) + Sync()), S(ParseComplete() + Ready()), C(CloseStatement("s1") + Sync()),
       S(CloseComplete() + Ready()), C(Parse("s2", text) + Sync()), S(ParseComplete() + Ready()),
       C(Parse("", text) + Sync()), S(ParseComplete() + Ready()),
       C(CloseStatement("no such") + CloseStatement("") + Sync()), S(CloseComplete() + CloseComplete() + Ready())}));
  ASSERT_THAT(outcome.trips, SizeIs(6));
  EXPECT_THAT(outcome.trips[1].prepared_again, IsEmpty()) << "the first time";
  EXPECT_THAT(outcome.trips[2].closed, ElementsAre(Pointee(text)));
  EXPECT_THAT(outcome.trips[3].prepared_again, ElementsAre(Pointee(text)));
  EXPECT_THAT(outcome.trips[4].prepared_again, IsEmpty()) << "nobody keeps a statement without a name";
  EXPECT_THAT(outcome.trips[5].closed, IsEmpty());
}

TEST(Wire, SuspendedPortalIsOneStatement) {
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Parse("", "select * from t") + Bind("", {}, 0, 0, "p") + Execute("p", 2) + Flush()),
                      S(ParseComplete() + BindComplete() + Row({"1"}) + Row({"2"}) + Suspended()),
                      C(Execute("p", 2) + Sync()), S(Row({"3"}) + Complete("SELECT 1") + Ready())}));
  ASSERT_THAT(outcome.trips, SizeIs(3)) << "waiting after a Flush is a round trip";
  EXPECT_EQ(outcome.trips[1].statement_count, 1);
  EXPECT_EQ(outcome.trips[2].statement_count, 0);
  EXPECT_TRUE(outcome.trips[2].statements.at(0).fetch);
}

TEST(Wire, CopyInBySimpleQuery) {
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Query("copy t from stdin")), S(CopyInResponse()),
                      C(CopyData("1\n") + CopyData("2\n") + CopyDone()), S(Complete("COPY 2") + Ready())}));
  EXPECT_FALSE(outcome.busy) << "its end is answered by nothing more";
  EXPECT_EQ(outcome.trips.at(1).statement_count, 1);
  EXPECT_EQ(outcome.unparsed, 0);
}

TEST(Wire, CopyInByExtendedQuerySwallowsTheFirstSync) {
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Parse("", "copy t from stdin") + Bind("", {}) + Execute() + Sync()),
                      S(ParseComplete() + BindComplete() + CopyInResponse()), C(CopyData("1\n") + CopyDone() + Sync()),
                      S(Complete("COPY 1") + Ready()), C(Query("select 1")), S(Complete("SELECT 0") + Ready())}));
  ASSERT_THAT(outcome.trips, SizeIs(3));
  EXPECT_EQ(outcome.trips[1].statement_count, 1);
  EXPECT_FALSE(outcome.busy);
}

TEST(Wire, CopyInThatFails) {
  for (const bool extended : {false, true}) {
    const std::string begin =
        extended ? Parse("", "copy t from stdin") + Bind("", {}) + Execute() + Sync() : Query("copy t from stdin");
    const std::string started = (extended ? ParseComplete() + BindComplete() : std::string()) + CopyInResponse();
    const Outcome outcome = ReplayEveryWay(
        After(Begin(), {C(begin), S(started), C(CopyFail() + (extended ? Sync() : "")), S(Error("57014") + Ready()),
                        C(Query("select 1")), S(Complete("SELECT 0") + Ready())}));
    ASSERT_THAT(outcome.trips, SizeIs(3));
    EXPECT_EQ(outcome.trips[1].statements.at(0).sqlstate, "57014");
    EXPECT_EQ(outcome.unparsed, 0);
    EXPECT_FALSE(outcome.busy);
  }
}

TEST(Wire, CopyOutCountsItsBytes) {
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Query("copy t to stdout")), S(CopyOutResponse() + CopyData("1\n") + CopyData("2\n") +
                                                      Message('c', "") + Complete("COPY 2") + Ready())}));
  EXPECT_EQ(outcome.trips.at(1).statements.at(0).bytes, 14);
}

TEST(Wire, ReplicationIsNeverBusy) {
  const Outcome outcome = ReplayEveryWay(
      After(Begin(), {C(Query("START_REPLICATION")), S(CopyBothResponse()), C(CopyData("r")), S(CopyData("w"))}));
  EXPECT_FALSE(outcome.busy);
  EXPECT_EQ(outcome.unparsed, 0);
}

TEST(Wire, FunctionCallAndAsynchronousMessages) {
  const Outcome outcome =
      ReplayEveryWay(After(Begin(), {S(Notification() + ParameterStatus()), C(Message('F', Number(0, 12))),
                                     S(Notice() + Message('V', Number(0xffffffff, 4)) + Ready()), S(Notification())}));
  ASSERT_THAT(outcome.trips, SizeIs(2));
  EXPECT_EQ(outcome.trips[1].kind, TripKind::kOther);
}

TEST(Wire, EmptyQueryIsAStatement) {
  const Outcome outcome = ReplayEveryWay(After(Begin(), {C(Query("-- ping")), S(Empty() + Ready())}));
  EXPECT_EQ(outcome.trips.at(1).statement_count, 1);
}

TEST(Wire, TransactionStatusIsThatOfTheRoundTripsBeginning) {
  const Outcome outcome = ReplayEveryWay(After(Begin(), {C(Query("begin")), S(Complete("BEGIN") + Ready('T')),
                                                         C(Query("select 1")), S(Complete("SELECT 0") + Ready('T'))}));
  EXPECT_FALSE(outcome.trips.at(1).in_transaction);
  EXPECT_TRUE(outcome.trips.at(2).in_transaction);
}

TEST(Wire, EncryptionIsRefusedOrUnreadable) {
  const Outcome refused = ReplayEveryWay(After({C(Gss()), S("N"), C(Ssl()), S("N")}, Begin()));
  EXPECT_THAT(refused.trips, SizeIs(1));
  const Outcome encrypted = ReplayEveryWay({C(Ssl()), S("S"), C("\x16\x03\x01hello"), S("\x16\x03\x03")});
  EXPECT_EQ(encrypted.unparsed, 1 + 8 + 3);
  EXPECT_EQ(ReplayEveryWay({C("GET / HTTP/1.1\r\n")}).unparsed, 16);
}

TEST(Wire, BrokenFramesStopTheParserAndAreCounted) {
  const std::string lies = std::string("Q") + Number(3, 4) + "abc";
  const Outcome outcome = Replay(After(Begin(), {C(lies), S(Ready())}));
  EXPECT_GT(outcome.unparsed, 0);
  EXPECT_FALSE(outcome.busy);
  EXPECT_FALSE(Replay(After(Begin(), {C(Query("x")), S(BindComplete() + Ready())})).busy);
  EXPECT_GT(Replay(After(Begin(), {C("\x01\x02\x03\x04\x05\x06")})).unparsed, 0);
}

TEST(Wire, LargeMessagesPassInBoundedMemory) {
  const std::string big(3 << 20, 'x');
  const Outcome outcome =
      Replay(After(Begin(), {C(Parse("", "insert into t values ($1) -- " + big) + Bind("", {big}) + Execute() + Sync()),
                             S(ParseComplete() + BindComplete() + Row({big}) + Complete("INSERT 0 1") + Ready())}),
             4096);
  const WireStatement& statement = outcome.trips.at(1).statements.at(0);
  EXPECT_LE(statement.text->size(), size_t{1} << 20);
  EXPECT_LT(statement.parameters.at(0).canonical.size(), 200U);
  EXPECT_THAT(statement.cells, IsEmpty());
  EXPECT_EQ(statement.rows, 1);
  EXPECT_EQ(outcome.unparsed, 0);
}

TEST(Wire, WithoutDetailsOnlyCountsAreKept) {
  TextPool texts;
  WireParser parser(texts);
  std::vector<WireTrip> trips;
  for (const Sent& sent :
       After(Begin(), {C(Query("select 1")), S(RowDescription({23}) + Row({"1"}) + Complete("SELECT 1") + Ready())})) {
    if (sent.client) {
      parser.FromClient(sent.bytes, 1, false, trips);
    } else {
      parser.FromServer(sent.bytes, 1, false, trips);
    }
  }
  EXPECT_EQ(trips.at(1).statement_count, 1);
  EXPECT_EQ(trips.at(1).rows, 1);
  EXPECT_THAT(trips.at(1).statements, IsEmpty());
}

TEST(Wire, LostSessionIsFinishedWithWhatIsKnown) {
  TextPool texts;
  WireParser parser(texts);
  std::vector<WireTrip> trips;
  for (const Sent& sent : After(Begin(), {C(Query("select 1; select 2")), S(Complete("SELECT 0"))}))
    Feed(parser, sent, sent.bytes, trips);
  parser.Finish(9, trips);
  ASSERT_THAT(trips, SizeIs(2));
  EXPECT_EQ(trips[1].statement_count, 1);
  EXPECT_EQ(trips[1].end_ns, 9);
  EXPECT_FALSE(parser.busy());
}

TEST(TextPool, ForgetsWhatNobodyUses) {
  TextPool pool;
  const Text kept = pool.Intern("kept");
  for (int i = 0; i < 5000; ++i) pool.Intern("text " + std::to_string(i));
  EXPECT_LT(pool.size(), 3000U);
  EXPECT_EQ(pool.Intern("kept"), kept);
}

// Sessions of real clients with a real server: testdata/record.py made them. Lines of "C hex" and "S hex".
Session ReadRecorded(const std::filesystem::path& file) {
  Session session;
  std::ifstream in(file);
  for (std::string side, hex; in >> side >> hex;) {
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    session.push_back({side == "C", bytes});
  }
  return session;
}

TEST(Wire, RecordedSessionsAreUnderstoodAtEveryCut) {
  const char* source = std::getenv("HONE_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  int sessions = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(source) / "src/sql/testdata")) {
    if (entry.path().extension() != ".wire") continue;
    const Outcome outcome = ReplayEveryWay(ReadRecorded(entry.path()));
    EXPECT_EQ(outcome.unparsed, 0) << entry.path();
    EXPECT_FALSE(outcome.busy) << entry.path();
    EXPECT_GT(outcome.trips.size(), 1U) << entry.path();
    ++sessions;
  }
  EXPECT_GE(sessions, 4);
}

TEST(Wire, KeepsParametersAsTheyWereSent) {
  TextPool texts;
  WireParser parser(texts);
  std::vector<WireTrip> trips;
  parser.FromClient(Startup(), 1, true, trips);
  parser.FromServer(AuthenticationOk() + Ready(), 1, true, trips);
  trips.clear();
  parser.FromClient(Parse("s", "select $1, $2") + DescribeStatement("s") + Sync(), 2, true, trips);
  parser.FromServer(ParseComplete() + ParameterDescription({20, 25}) + NoData() + Ready(), 3, true, trips);
  const std::string number("\0\0\0\0\0\0\0\7", 8);
  parser.FromClient(Bind("s", {number, std::nullopt}, 1) + Execute() + Sync(), 4, true, trips);
  parser.FromServer(BindComplete() + Complete("SELECT 0") + Ready(), 5, true, trips);
  ASSERT_EQ(trips.size(), 2U);
  const auto bind = trips[1].statements.at(0).bind;
  ASSERT_TRUE(bind);
  EXPECT_EQ(bind->oids, (std::vector<uint32_t>{20, 25}));
  EXPECT_EQ(bind->values, (std::vector<std::optional<std::string>>{number, std::nullopt}));
  EXPECT_EQ(bind->formats, std::vector<int16_t>{1});
}

}  // namespace
}  // namespace hone::sql
