#include "evidence/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <csignal>
#include <fstream>
#include <limits>

#include "base/files.h"
#include "base/hash.h"
#include "store/database.h"

namespace hone::evidence {
namespace {

using base::Code;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace fs = std::filesystem;

constexpr Ledger::Options kImpatient = {.create = true, .patience = std::chrono::milliseconds(0)};

Computed Sum(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t seed) {
  double sum = static_cast<double>(seed);
  for (const CaptureBytes& capture : captures) {
    for (const char c : capture.bytes) sum += static_cast<double>(c) * 0.1;
  }
  if (const auto add = parameters.find("add"); add != parameters.end()) sum += std::stod(add->second);
  return {.value = sum, .interval = Interval{sum - 1, sum + 1}, .n = 3, .n_of = "bytes"};
}

constexpr std::array kMethods = {
    Method{"test.sum@2", "a sum",
           [](std::span<const CaptureBytes> c, const Parameters& p, uint64_t s) -> base::Result<Computed> {
             return Sum(c, p, s);
           }},
    Method{"test.nan@1", "no number",
           [](std::span<const CaptureBytes>, const Parameters&, uint64_t) -> base::Result<Computed> {
             return Computed{.value = std::numeric_limits<double>::quiet_NaN()};
           }},
    Method{"test.negative_zero@1", "a zero",
           [](std::span<const CaptureBytes>, const Parameters&, uint64_t) -> base::Result<Computed> {
             return Computed{.value = -0.0};
           }}};

class LedgerTest : public testing::Test {
 protected:
  void Open() {
    ledger_.reset();
    auto opened = Ledger::Open(directory(), kImpatient);
    ASSERT_TRUE(opened) << base::Sentence(opened.error());
    ledger_ = *std::move(opened);
  }
  void SetUp() override {
    Open();
    run_ = ledger_->BeginRun({.verb = "check", .hone_version = "0.1.0", .environment = {{"go", "go1.26"}}}).value();
  }
  fs::path directory() const { return folder_.path() / ".hone"; }
  Capture Add(std::string_view bytes) { return ledger_->AddCapture({.run = run_, .kind = "test"}, bytes).value(); }
  fs::path BlobFile(const Capture& capture) const {
    return directory() / "blobs" / capture.blob.substr(0, 2) / capture.blob.substr(2);
  }
  store::Database Raw() {
    return store::Database::Open(directory() / "ledger.db", {.patience = std::chrono::milliseconds(0)}).value();
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("ledger").value();
  std::unique_ptr<Ledger> ledger_;
  int64_t run_ = 0;
};

TEST_F(LedgerTest, KeepsWhatItWasGiven) {
  const Capture wanted{.run = run_,
                       .kind = "sql.exchange",
                       .scope = {"shop", "GET /orders", "main.f", "SELECT '\xff'"},
                       .phase = Phase::kQuiet,
                       .start_ns = 5,
                       .end_ns = std::numeric_limits<int64_t>::max(),
                       .rate = 0.1,
                       .through_proxy = true,
                       .profiler_on = true,
                       .versions = {{"go", "go1.26"}},
                       .parameters = {{"requests", "12"}},
                       .lost = {{"events", 3}}};
  const std::string bytes = std::string("a\0b", 3) + std::string(100000, 'x');
  const Capture capture = ledger_->AddCapture(wanted, bytes).value();
  EXPECT_EQ(capture.bytes, bytes.size());
  const Measurement measurement = ledger_
                                      ->AddMeasurement(run_, {.metric = "test.sum",
                                                              .scope = capture.scope,
                                                              .unit = "ns",
                                                              .value = 0.1 + 0.2,
                                                              .interval = Interval{5e-324, 1e308, 0.9},
                                                              .n = 3,
                                                              .n_of = "bytes",
                                                              .method = "test.sum@2",
                                                              .seed = std::numeric_limits<uint64_t>::max(),
                                                              .captures = {capture.id},
                                                              .parameters = {{"add", "1"}},
                                                              .validity = Validity::kTooFew})
                                      .value();
  Open();
  const Capture read = ledger_->ReadCapture(capture.id).value();
  EXPECT_EQ(read.scope, wanted.scope);
  EXPECT_EQ(std::tie(read.run, read.kind, read.blob, read.bytes, read.phase, read.start_ns, read.end_ns, read.rate),
            std::tie(capture.run, capture.kind, capture.blob, capture.bytes, capture.phase, capture.start_ns,
                     capture.end_ns, capture.rate));
  EXPECT_TRUE(read.through_proxy && read.profiler_on);
  EXPECT_EQ(std::tie(read.versions, read.parameters, read.lost),
            std::tie(wanted.versions, wanted.parameters, wanted.lost));
  EXPECT_EQ(*ledger_->ReadBlob(read.blob).value(), bytes);
  EXPECT_THAT(ledger_->Captures(run_).value(), SizeIs(1));

  const Measurement again = ledger_->ReadMeasurement(measurement.id).value();
  EXPECT_EQ(std::tie(again.metric, again.scope, again.unit, again.value, again.n, again.n_of, again.method, again.seed,
                     again.captures, again.parameters, again.validity),
            std::tie(measurement.metric, measurement.scope, measurement.unit, measurement.value, measurement.n,
                     measurement.n_of, measurement.method, measurement.seed, measurement.captures,
                     measurement.parameters, measurement.validity));
  EXPECT_EQ(again.interval->lo, 5e-324);
  EXPECT_EQ(again.interval->level, 0.9);
  EXPECT_THAT(ledger_->Measurements(run_).value(), SizeIs(1));
}

TEST_F(LedgerTest, KeepsRunsAndTheirReports) {
  EXPECT_EQ(ledger_->ReadReport(run_).error().code, Code::kNotFound);
  EXPECT_EQ(ledger_->ReadReport(99).error().code, Code::kNotFound);
  EXPECT_EQ(ledger_->NewestRunWithFindings().error().code, Code::kNotFound);
  Report report{.verb = "check", .verdict = "findings", .environment = {{"cores", "2"}}};
  report.findings = {{.id = 1, .rule = "cpu.gc", .title = "x"}};
  ASSERT_TRUE(ledger_->EndRun(run_, report));
  Open();
  EXPECT_EQ(ledger_->ReadReport(run_).value().findings[0].rule, "cpu.gc");
  EXPECT_EQ(ledger_->ReadReport(run_).value().run, run_);
  EXPECT_EQ(ledger_->NewestRunWithFindings().value(), run_);
  const std::vector<evidence::Run> runs = ledger_->Runs().value();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].verdict, "findings");
  EXPECT_GT(runs[0].ended_wall_s, 0);
  EXPECT_EQ(runs[0].environment, (std::map<std::string, std::string>{{"go", "go1.26"}, {"cores", "2"}}));
}

TEST_F(LedgerTest, FindingsOfARunHaveIdsOfTheirOwn) {
  Report report{.verb = "check"};
  report.findings = {{.id = 1}, {.id = 1}};
  EXPECT_EQ(ledger_->EndRun(run_, report).error().code, Code::kInput);
  EXPECT_EQ(ledger_->ReadRun(run_).value().ended_wall_s, 0) << "nothing of a failed end is kept";
}

TEST_F(LedgerTest, EqualBytesAreOneBlobAndTwoCaptures) {
  const Capture first = Add("same");
  const Capture second = Add("same");
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(first.blob, second.blob);
  EXPECT_EQ(first.blob, base::Sha256Hex("same"));
}

TEST_F(LedgerTest, EmptyBytesAreBytes) {
  const Capture capture = Add("");
  EXPECT_EQ(*ledger_->ReadBlob(capture.blob).value(), "");
}

TEST_F(LedgerTest, IsPrivateAndIgnoredByGit) {
  const Capture capture = Add("private");
  EXPECT_EQ(base::ReadFile(directory() / ".gitignore").value(), "*\n");
  for (const auto& entry : fs::recursive_directory_iterator(directory())) {
    struct stat status = {};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
  EXPECT_EQ(fs::status(directory()).permissions(), fs::perms::owner_all);
}

TEST_F(LedgerTest, NoticesADamagedBlob) {
  const Capture capture = Add("the bytes as they were captured");
  const std::string file = base::ReadFile(BlobFile(capture)).value();
  for (size_t at = 0; at < file.size(); ++at) {
    std::string damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    ASSERT_TRUE(base::WriteFile(BlobFile(capture), damaged));
    Open();
    const auto read = ledger_->ReadBlob(capture.blob);
    if (read) {
      EXPECT_EQ(**read, "the bytes as they were captured") << "byte " << at;
    } else {
      EXPECT_EQ(read.error().code, Code::kCorrupt) << "byte " << at;
    }
  }
  for (const size_t length : {size_t{0}, file.size() / 2, file.size() - 1}) {
    ASSERT_TRUE(base::WriteFile(BlobFile(capture), file.substr(0, length)));
    Open();
    EXPECT_EQ(ledger_->ReadBlob(capture.blob).error().code, Code::kCorrupt);
  }
}

TEST_F(LedgerTest, WritesALostBlobAgain) {
  const Capture capture = Add("bytes");
  fs::remove(BlobFile(capture));
  Open();
  EXPECT_EQ(ledger_->ReadBlob(capture.blob).error().code, Code::kNotFound);
  EXPECT_EQ(ledger_->ReadBlob("../../etc/passwd").error().code, Code::kNotFound);
  Add("bytes");
  EXPECT_EQ(*ledger_->ReadBlob(capture.blob).value(), "bytes");
}

TEST_F(LedgerTest, RefusesMeasurementsOfNothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(ledger_->AddMeasurement(run_, {.metric = "x", .value = nan}).error().code, Code::kInput);
  EXPECT_EQ(ledger_->AddMeasurement(run_, {.metric = "x", .interval = Interval{0, nan}}).error().code, Code::kInput);
  EXPECT_EQ(ledger_->AddMeasurement(run_, {.metric = "x", .captures = {99}}).error().code, Code::kNotFound);
  EXPECT_EQ(ledger_->AddMeasurement(99, {.metric = "x"}).error().code, Code::kInput);
  EXPECT_THAT(ledger_->Measurements(run_).value(), IsEmpty());
}

TEST_F(LedgerTest, ComputesFromWhatIsStored) {
  const Capture a = Add("first");
  const Capture b = Add("second");
  const MeasurementSpec spec{.metric = "test.sum",
                             .scope = {.endpoint = "GET /x"},
                             .unit = "count",
                             .method = "test.sum@2",
                             .captures = {a.id, b.id},
                             .parameters = {{"add", "0.3"}},
                             .seed = 5};
  const Measurement stored = ledger_->AddMeasurement(run_, Compute(*ledger_, kMethods, spec).value()).value();
  Open();
  const Measurement again = Compute(*ledger_, kMethods, SpecOf(ledger_->ReadMeasurement(stored.id).value())).value();
  EXPECT_EQ(again.value, stored.value);
  EXPECT_EQ(again.interval->lo, stored.interval->lo);
  EXPECT_EQ(again.scope, spec.scope);
  EXPECT_EQ(again.n_of, "bytes");
}

TEST_F(LedgerTest, NeverApproximatesAnUnknownMethod) {
  const auto newer = Compute(*ledger_, kMethods, {.method = "test.sum@3"});
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, Code::kNotFound);
  EXPECT_EQ(newer.error().what, "This hone does not know the method test.sum@3");
  EXPECT_THAT(newer.error().remedy, HasSubstr("test.sum@2"));
  EXPECT_EQ(Compute(*ledger_, kMethods, {.method = ""}).error().code, Code::kNotFound);
  EXPECT_EQ(Compute(*ledger_, kMethods, {.method = "test.sum@2", .captures = {9}}).error().code, Code::kNotFound);
  EXPECT_EQ(Compute(*ledger_, kMethods, {.method = "test.nan@1"}).error().code, Code::kCorrupt);
  EXPECT_FALSE(std::signbit(Compute(*ledger_, kMethods, {.method = "test.negative_zero@1"}).value().value));
}

ExperimentPlan Plan() {
  return {.name = "profiler", .metric = "load.service.p50", .arm_a = "off", .arm_b = "on", .pairs = 10, .seed = 3};
}

TEST_F(LedgerTest, ASealedExperimentCannotBeChanged) {
  const int64_t id = ledger_->SealExperiment(run_, Plan()).value();
  store::Database raw = Raw();
  for (const char* change : {"least_effect = 0.5", "metric = 'x'", "arm_a = 'on'", "pairs = 2", "seal = ''",
                             "lower_is_better = 0", "run = 5"}) {
    const auto changed = raw.Run("UPDATE experiments SET " + std::string(change));
    ASSERT_FALSE(changed) << change;
    EXPECT_THAT(changed.error().what, HasSubstr("sealed"));
  }
  EXPECT_EQ(ledger_->ReadExperiment(id).value().plan.least_effect, 0.05);
  // Whoever takes the trigger away is found out by the hash.
  ASSERT_TRUE(raw.Execute("DROP TRIGGER experiment_is_sealed; UPDATE experiments SET least_effect = 0.5"));
  EXPECT_EQ(ledger_->ReadExperiment(id).error().code, Code::kCorrupt);
  EXPECT_EQ(ledger_->CloseExperiment(id, {}).error().code, Code::kCorrupt);
}

TEST_F(LedgerTest, AnExperimentIsClosedOnceByItsOwnCaptures) {
  const Capture before = Add("before");
  const Measurement early = ledger_->AddMeasurement(run_, {.metric = "x", .captures = {before.id}}).value();
  const int64_t id = ledger_->SealExperiment(run_, Plan()).value();
  const Measurement late = ledger_->AddMeasurement(run_, {.metric = "x", .captures = {Add("after").id}}).value();
  ExperimentOutcome outcome{.verdict = Verdict::kRegressed, .effect = 0.2, .interval = {0.1, 0.3, 0.95}, .pairs = 10};
  EXPECT_EQ(ledger_->CloseExperiment(id, outcome).error().code, Code::kInput) << "without a measurement";
  outcome.measurement = early.id;
  EXPECT_EQ(ledger_->CloseExperiment(id, outcome).error().code, Code::kPermission) << "captured before the seal";
  outcome.measurement = late.id;
  outcome.verdict = Verdict::kImproved;
  EXPECT_EQ(ledger_->CloseExperiment(id, outcome).error().code, Code::kInput) << "not what the interval says";
  outcome.verdict = Verdict::kRegressed;
  ASSERT_TRUE(ledger_->CloseExperiment(id, outcome));
  const auto again = ledger_->CloseExperiment(id, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kPermission);
  const SealedExperiment read = ledger_->Experiments(run_).value().at(0);
  EXPECT_EQ(read.outcome->verdict, Verdict::kRegressed);
  EXPECT_EQ(read.outcome->interval.lo, 0.1);
  EXPECT_EQ(read.outcome->measurement, late.id);
  EXPECT_EQ(read.plan.arm_b, "on");
}

TEST_F(LedgerTest, CollectsGarbageButNothingElse) {
  const Capture kept = Add("kept");
  const fs::path orphan = directory() / "blobs" / "ab" / std::string(62, 'c');
  fs::create_directories(orphan.parent_path());
  std::ofstream(orphan) << "12345";
  std::ofstream(BlobFile(kept).string() + ".part77") << "123";
  EXPECT_EQ(ledger_->CollectGarbage().value(), 8U);
  EXPECT_FALSE(fs::exists(orphan.parent_path()));
  EXPECT_EQ(*ledger_->ReadBlob(kept.blob).value(), "kept");
  EXPECT_EQ(ledger_->CollectGarbage().value(), 0U);
}

TEST_F(LedgerTest, PurgesARunWithAllThatHangsOnIt) {
  const Capture mine = Add("canary-of-run-one");
  const Capture shared = Add("shared");
  ASSERT_TRUE(ledger_->AddMeasurement(run_, {.metric = "canary.metric", .captures = {mine.id}}));
  ASSERT_TRUE(ledger_->SealExperiment(run_, Plan()));
  Report report{.verb = "check", .headline = "canary-headline"};
  report.findings = {{.id = 1, .rule = "cpu.gc", .title = "x"}};
  ASSERT_TRUE(ledger_->EndRun(run_, report));
  const int64_t second = ledger_->BeginRun({.verb = "check"}).value();
  ASSERT_TRUE(ledger_->AddCapture({.run = second, .kind = "test"}, "shared"));
  const Measurement cites =
      ledger_->AddMeasurement(second, {.metric = "y", .method = "test.sum@2", .captures = {mine.id}}).value();

  EXPECT_EQ(ledger_->Purge(99).error().code, Code::kNotFound);
  ASSERT_TRUE(ledger_->Purge(run_));
  EXPECT_EQ(ledger_->ReadRun(run_).error().code, Code::kNotFound);
  EXPECT_EQ(ledger_->ReadBlob(mine.blob).error().code, Code::kNotFound);
  EXPECT_EQ(*ledger_->ReadBlob(shared.blob).value(), "shared");
  EXPECT_EQ(Compute(*ledger_, kMethods, SpecOf(ledger_->ReadMeasurement(cites.id).value())).error().code,
            Code::kNotFound);
  ledger_.reset();
  for (const auto& entry : fs::recursive_directory_iterator(directory())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(base::ReadFile(entry.path()).value(), testing::Not(HasSubstr("canary"))) << entry.path();
  }
  Open();
  ASSERT_TRUE(ledger_->Purge(std::nullopt));
  EXPECT_THAT(ledger_->Runs().value(), IsEmpty());
  EXPECT_EQ(ledger_->BlobBytes().value(), 0U);
  EXPECT_GT(ledger_->BeginRun({.verb = "check"}).value(), second) << "an id never comes to mean another thing";
}

TEST_F(LedgerTest, TwoProcessesDoNotWriteAtOnce) {
  store::Database raw = Raw();
  store::Transaction holding = store::Transaction::Begin(raw).value();
  const auto second = Ledger::Open(directory(), kImpatient);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kBusy);
  EXPECT_EQ(ledger_->AddCapture({.run = run_, .kind = "test"}, "x").error().code, Code::kBusy);
  ASSERT_TRUE(holding.Commit());
  EXPECT_TRUE(Ledger::Open(directory(), kImpatient));
}

TEST_F(LedgerTest, ATruncatedLedgerIsCorrupt) {
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(ledger_->AddMeasurement(run_, {.metric = std::string(500, 'x')}));
  ledger_.reset();
  fs::resize_file(directory() / "ledger.db", fs::file_size(directory() / "ledger.db") / 2);
  const auto opened = Ledger::Open(directory(), kImpatient);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupt);
  EXPECT_THAT(base::Sentence(opened.error()), HasSubstr("ledger.db"));
}

TEST_F(LedgerTest, ANewerLedgerIsTooNew) {
  ASSERT_TRUE(Raw().Execute("PRAGMA user_version = 999"));
  const auto opened = Ledger::Open(directory(), kImpatient);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kTooNew);
  EXPECT_THAT(base::Sentence(opened.error()), HasSubstr("written by a newer hone"));
  EXPECT_THAT(base::Sentence(opened.error()), HasSubstr("ledger.db"));
}

TEST(LedgerOpen, MakesNoneWhereNoneIsWanted) {
  const base::TemporaryDirectory folder = base::TemporaryDirectory::Create("ledger").value();
  const auto opened = Ledger::Open(folder.path() / ".hone", {.create = false});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kNotFound);
  EXPECT_FALSE(fs::exists(folder.path() / ".hone"));
}

// Writes captures and measurements for ever, saying so after each on `fd`.
[[noreturn]] void WriteForEver(const fs::path& directory, int fd) {
  auto ledger = Ledger::Open(directory);
  if (!ledger) ::_exit(1);
  const auto run = (*ledger)->BeginRun({.verb = "check"});
  for (int i = 0;; ++i) {
    const auto capture =
        (*ledger)->AddCapture({.run = *run, .kind = "test"}, std::string(5000, 'a') + std::to_string(i));
    if (!capture || !(*ledger)->AddMeasurement(*run, {.metric = "x", .captures = {capture->id}})) ::_exit(1);
    if (::write(fd, "x", 1) != 1) ::_exit(1);
  }
}

TEST(LedgerKilled, IsReadableAfterwards) {
  const base::TemporaryDirectory folder = base::TemporaryDirectory::Create("ledger").value();
  for (const int writes : {1, 2, 5, 9, 14}) {
    std::array<int, 2> pipe = {};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) WriteForEver(folder.path() / ".hone", pipe[1]);
    ::close(pipe[1]);
    char byte = 0;
    for (int i = 0; i < writes; ++i) ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);

    auto ledger = Ledger::Open(folder.path() / ".hone").value();
    const int64_t run = ledger->Runs().value().back().id;
    const std::vector<Capture> captures = ledger->Captures(run).value();
    EXPECT_GE(captures.size(), static_cast<size_t>(writes));
    for (const Capture& capture : captures) EXPECT_TRUE(ledger->ReadBlob(capture.blob));
    EXPECT_GE(ledger->Measurements(run).value().size(), static_cast<size_t>(writes));
    EXPECT_TRUE(ledger->CollectGarbage());
    for (const Capture& capture : captures) EXPECT_TRUE(ledger->ReadBlob(capture.blob));
  }
}

}  // namespace
}  // namespace hone::evidence
