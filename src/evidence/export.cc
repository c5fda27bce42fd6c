#include "evidence/export.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "base/clock.h"
#include "base/files.h"
#include "evidence/json.h"

namespace hone::evidence {
namespace {

using base::Code;
using base::Fail;
using base::Result;
namespace fs = std::filesystem;

// Takes one file after the other: its name within the export, and its bytes.
using Sink = std::function<Result<void>(const std::string&, std::string_view)>;

// --- tar (POSIX.1-2017, pax: the ustar interchange format). No dates and owners: equal contents are equal archives.
// ---

constexpr size_t kTarBlock = 512;

std::string TarHeader(const std::string& name, size_t size) {
  std::string header(kTarBlock, '\0');
  const auto put = [&](size_t at, std::string_view text) { header.replace(at, text.size(), text); };
  put(0, name);
  put(100, "0000600");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", size));
  put(136, "00000000000");
  put(148, "        ");  // the checksum counts itself as spaces
  put(156, "0");
  put(257, std::string_view("ustar\0"
                            "00",
                            8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, fmt::format("{:06o}", sum));
  put(154, std::string_view("\0 ", 2));
  return header;
}

// A file that is written from start to end and appears under its name only when it is whole.
class NewFile {
 public:
  static Result<NewFile> Create(const fs::path& path) {
    const fs::path temporary = path.string() + ".part" + std::to_string(::getpid());
    base::FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd) return base::FailErrno(errno, "Cannot create a file", path.string());
    return NewFile(path, temporary, std::move(fd));
  }
  NewFile(NewFile&&) = default;
  ~NewFile() {
    if (fd_) ::unlink(temporary_.c_str());
  }
  Result<void> Append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return base::FailErrno(errno, "Cannot write a file", path_.string());
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return {};
  }
  Result<void> Finish() {
    if (::fsync(fd_.get()) != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
      return base::FailErrno(errno, "Cannot write a file", path_.string());
    }
    fd_.Reset();
    return {};
  }

 private:
  NewFile(fs::path path, fs::path temporary, base::FileDescriptor fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}
  fs::path path_;
  fs::path temporary_;
  base::FileDescriptor fd_;
};

// --- What is exported ---

Json RunJson(const Run& run) {
  return {{"id", run.id},
          {"verb", run.verb},
          {"started", base::FormatUtc(run.started_wall_s)},
          {"ended", run.ended_wall_s == 0 ? Json(nullptr) : Json(base::FormatUtc(run.ended_wall_s))},
          {"hone_version", run.hone_version},
          {"verdict", run.verdict},
          {"environment", Json(run.environment)}};
}

Json ExperimentJson(const SealedExperiment& experiment) {
  const ExperimentPlan& plan = experiment.plan;
  Json outcome = nullptr;
  if (const auto& o = experiment.outcome) {
    outcome = {{"verdict", Name(o->verdict)},
               {"effect", o->effect},
               {"ci", {o->interval.lo, o->interval.hi}},
               {"level", o->interval.level},
               {"pairs", o->pairs},
               {"measurement", o->measurement == 0 ? Json(nullptr) : Json(IdText('m', o->measurement))}};
  }
  return {{"name", plan.name},
          {"metric", plan.metric},
          {"direction", plan.direction == Direction::kLowerIsBetter ? "lower_is_better" : "higher_is_better"},
          {"arms", {plan.arm_a, plan.arm_b}},
          {"least_effect", plan.least_effect},
          {"level", plan.level},
          {"pairs", plan.pairs},
          {"seed", std::to_string(plan.seed)},
          {"outcome", outcome}};
}

template <typename T>
Json ListOf(const std::vector<T>& values, Json (*json_of)(const T&)) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(json_of(value));
  return list;
}

// Captures of other runs that this run's measurements were computed from belong to it, too.
Result<std::vector<Capture>> AllCaptures(const Ledger& ledger, int64_t run,
                                         const std::vector<Measurement>& measurements) {
  HONE_TRY(std::vector<Capture> captures, ledger.Captures(run));
  std::set<CaptureId> have;
  for (const Capture& capture : captures) have.insert(capture.id);
  for (const Measurement& measurement : measurements) {
    for (const CaptureId id : measurement.captures) {
      if (!have.insert(id).second) continue;
      HONE_TRY(captures.emplace_back(), ledger.ReadCapture(id));
    }
  }
  return captures;
}

Result<Exported> Write(const Ledger& ledger, int64_t run, const Sink& sink) {
  Exported exported;
  const auto write = [&](const std::string& name, std::string_view bytes) {
    exported.bytes += bytes.size();
    return sink(name, bytes);
  };
  HONE_TRY(const Run about, ledger.ReadRun(run));
  HONE_TRY(const std::vector<Measurement> measurements, ledger.Measurements(run));
  HONE_TRY(const std::vector<Capture> captures, AllCaptures(ledger, run, measurements));
  HONE_TRY(const std::vector<SealedExperiment> experiments, ledger.Experiments(run));
  HONE_CHECK_OK(write("evidence.json", Print({{"schema", "hone.evidence/1"},
                                              {"run", RunJson(about)},
                                              {"captures", ListOf<Capture>(captures, JsonOf)},
                                              {"measurements", ListOf<Measurement>(measurements, JsonOf)},
                                              {"experiments", ListOf(experiments, ExperimentJson)}})));
  if (about.ended_wall_s != 0) {
    HONE_TRY(const Report report, ledger.ReadReport(run));
    HONE_CHECK_OK(write("report.json", ToJson(report)));
  }
  std::set<std::string> blobs;
  for (const Capture& capture : captures) blobs.insert(capture.blob);
  std::string sums;
  for (const std::string& blob : blobs) {
    HONE_TRY(const auto bytes, ledger.ReadBlob(blob));
    HONE_CHECK_OK(write("blobs/" + blob, *bytes));
    sums += blob + "  blobs/" + blob + "\n";
  }
  HONE_CHECK_OK(write("SHA256SUMS", sums));
  exported.captures = captures.size();
  exported.measurements = measurements.size();
  return exported;
}

Result<Exported> WriteTar(const Ledger& ledger, int64_t run, const fs::path& output) {
  HONE_TRY(NewFile file, NewFile::Create(output));
  const std::string root = output.stem().string() + "/";
  HONE_TRY(Exported exported, Write(ledger, run, [&](const std::string& name, std::string_view bytes) -> Result<void> {
             if (root.size() + name.size() > 100)
               return Fail(Code::kUsage, "The name of the file is too long for a tar", output.string());
             HONE_CHECK_OK(file.Append(TarHeader(root + name, bytes.size())));
             HONE_CHECK_OK(file.Append(bytes));
             return file.Append(std::string((kTarBlock - bytes.size() % kTarBlock) % kTarBlock, '\0'));
           }));
  HONE_CHECK_OK(file.Append(std::string(2 * kTarBlock, '\0')));
  HONE_CHECK_OK(file.Finish());
  return exported;
}

Result<Exported> WriteFolder(const Ledger& ledger, int64_t run, const fs::path& output) {
  HONE_CHECK_OK(base::MakeDirectories(output / "blobs", 0700));
  auto exported = Write(ledger, run, [&](const std::string& name, std::string_view bytes) {
    return base::WriteFile(output / name, bytes, 0600);
  });
  std::error_code ignored;
  if (!exported) fs::remove_all(output, ignored);
  return exported;
}

}  // namespace

Result<Exported> Export(const Ledger& ledger, int64_t run, const fs::path& output) {
  std::error_code ignored;
  if (fs::exists(output, ignored)) {
    return Fail(Code::kUsage, "The output exists already", output.string(), "Name another one or remove it");
  }
  HONE_CHECK_OK(ledger.ReadRun(run));
  auto exported = output.extension() == ".tar" ? WriteTar(ledger, run, output) : WriteFolder(ledger, run, output);
  if (exported) exported->output = output;
  return exported;
}

}  // namespace hone::evidence
