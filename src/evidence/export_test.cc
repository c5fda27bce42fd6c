#include "evidence/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/hash.h"

namespace hone::evidence {
namespace {

namespace fs = std::filesystem;

class ExportTest : public testing::Test {
 protected:
  void SetUp() override {
    const int64_t other = ledger_->BeginRun({.verb = "check"}).value();
    const Capture foreign = ledger_->AddCapture({.run = other, .kind = "test"}, "of another run").value();
    run_ = ledger_->BeginRun({.verb = "check", .hone_version = "0.1.0"}).value();
    capture_ = ledger_->AddCapture({.run = run_, .kind = "test"}, std::string(70000, 'x')).value();
    const Measurement measurement =
        ledger_->AddMeasurement(run_, {.metric = "x", .value = 0.1 + 0.2, .captures = {capture_.id, foreign.id}})
            .value();
    static_cast<void>(ledger_->SealExperiment(run_, {.name = "e", .arm_a = "a", .arm_b = "b"}).value());
    Report report{.verb = "check", .verdict = "clean"};
    report.measurements = {measurement};
    ASSERT_TRUE(ledger_->EndRun(run_, report));
  }

  base::TemporaryDirectory folder_ = base::TemporaryDirectory::Create("export").value();
  std::unique_ptr<Ledger> ledger_ = Ledger::Open(folder_.path() / ".hone").value();
  int64_t run_ = 0;
  Capture capture_ = {};
};

TEST_F(ExportTest, AFolderHoldsAll) {
  const fs::path output = folder_.path() / "run";
  const Exported exported = Export(*ledger_, run_, output).value();
  EXPECT_EQ(exported.captures, 2U);
  EXPECT_EQ(exported.measurements, 1U);
  const auto evidence = nlohmann::json::parse(base::ReadFile(output / "evidence.json").value());
  EXPECT_EQ(evidence["schema"], "hone.evidence/1");
  EXPECT_EQ(evidence["run"]["hone_version"], "0.1.0");
  EXPECT_EQ(evidence["measurements"][0]["value"].get<double>(), 0.1 + 0.2);
  EXPECT_EQ(evidence["captures"].size(), 2U);
  EXPECT_EQ(evidence["experiments"][0]["arms"], nlohmann::json::array({"a", "b"}));
  EXPECT_EQ(ReportFromJson(base::ReadFile(output / "report.json").value()).value().verdict, "clean");
  size_t blobs = 0;
  for (const auto& blob : fs::directory_iterator(output / "blobs")) {
    EXPECT_EQ(base::Sha256Hex(base::ReadFile(blob.path()).value()), blob.path().filename().string());
    ++blobs;
  }
  EXPECT_EQ(blobs, 2U);
}

TEST_F(ExportTest, ATarHoldsTheSame) {
  const fs::path tar = folder_.path() / "run.tar";
  ASSERT_TRUE(Export(*ledger_, run_, tar));
  ASSERT_TRUE(Export(*ledger_, run_, folder_.path() / "run-folder"));
  const std::string root = folder_.path().string();
  const std::string check =
      "cd " + root + " && tar -xf run.tar && diff -r run run-folder && cd run && sha256sum --quiet -c SHA256SUMS";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST_F(ExportTest, EqualRunsAreEqualBytes) {
  fs::create_directory(folder_.path() / "other");
  ASSERT_TRUE(Export(*ledger_, run_, folder_.path() / "run.tar"));
  ASSERT_TRUE(Export(*ledger_, run_, folder_.path() / "other" / "run.tar"));
  EXPECT_EQ(base::ReadFile(folder_.path() / "run.tar").value(),
            base::ReadFile(folder_.path() / "other" / "run.tar").value());
}

TEST_F(ExportTest, LeavesNothingWhereItFails) {
  fs::remove_all(folder_.path() / ".hone" / "blobs");
  for (const char* name : {"run", "run.tar"}) {
    EXPECT_EQ(Export(*ledger_, run_, folder_.path() / name).error().code, base::Code::kNotFound);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()), 1);
}

TEST_F(ExportTest, OverwritesNothing) {
  ASSERT_TRUE(base::WriteFile(folder_.path() / "run.tar", "mine"));
  EXPECT_EQ(Export(*ledger_, run_, folder_.path() / "run.tar").error().code, base::Code::kUsage);
  EXPECT_EQ(base::ReadFile(folder_.path() / "run.tar").value(), "mine");
  EXPECT_EQ(Export(*ledger_, 99, folder_.path() / "x").error().code, base::Code::kNotFound);
  EXPECT_FALSE(fs::exists(folder_.path() / "x"));
}

}  // namespace
}  // namespace hone::evidence
