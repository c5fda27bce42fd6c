#include "metrics/methods.h"

#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "metrics/prometheus.h"

namespace hone::metrics {
namespace {

using base::Code;
using base::Fail;
using base::Result;
using evidence::CaptureBytes;
using evidence::Computed;
using evidence::Parameters;

struct Question {
  Snapshot before = {};
  Snapshot after = {};
  std::string name = {};
  Labels labels = {};
  double scale = 1;
  double requests = 0;
};

std::string_view Find(const Parameters& parameters, const std::string& key) {
  const auto found = parameters.find(key);
  return found == parameters.end() ? std::string_view{} : std::string_view(found->second);
}

Result<double> Positive(std::string_view text, const char* what) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value <= 0) {
    return Fail(Code::kInput, "not a positive number", what);
  }
  return value;
}

Result<Question> Read(std::span<const CaptureBytes> captures, const Parameters& parameters) {
  if (captures.size() != 2 || captures[0].capture->kind != "metrics.prometheus" ||
      captures[1].capture->kind != "metrics.prometheus") {
    return Fail(Code::kInput, "this method needs two snapshots of metrics");
  }
  Question question;
  question.name = Find(parameters, "name");
  if (question.name.empty()) return Fail(Code::kInput, "the measurement names no metric");
  std::string_view rest = Find(parameters, "labels");
  while (!rest.empty()) {
    const std::string_view label = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), label.size() + 1));
    const size_t equals = label.find('=');
    if (equals == std::string_view::npos)
      return Fail(Code::kInput, "a label is written name=value", std::string(label));
    question.labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
  }
  if (const std::string_view scale = Find(parameters, "scale"); !scale.empty()) {
    HONE_TRY(question.scale, Positive(scale, "scale"));
  }
  if (const std::string_view requests = Find(captures[1].capture->parameters, "requests"); !requests.empty()) {
    HONE_TRY(question.requests, Positive(requests, "requests"));
  }
  HONE_TRY(question.before, Parse(captures[0].bytes));
  HONE_TRY(question.after, Parse(captures[1].bytes));
  return question;
}

std::unexpected<base::Error> Absent(const std::string& name) {
  return Fail(Code::kNotFound, "the service does not export this metric", name);
}

Result<double> Delta(const Question& question) {
  const std::optional<double> delta = CounterDelta(question.before, question.after, question.name, question.labels);
  if (!delta) return Absent(question.name);
  return *delta * question.scale;
}

Result<Computed> ComputeDelta(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, Read(captures, parameters));
  HONE_TRY(const double delta, Delta(question));
  return Computed{delta, std::nullopt, 2, "snapshots", evidence::Validity::kValid};
}

Result<Computed> ComputePerRequest(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, Read(captures, parameters));
  if (question.requests <= 0)
    return Fail(Code::kInput, "the capture does not tell how many requests were answered in its window");
  HONE_TRY(const double delta, Delta(question));
  return Computed{delta / question.requests, std::nullopt, std::llround(question.requests), "requests",
                  evidence::Validity::kValid};
}

Result<Computed> ComputeGauge(std::span<const CaptureBytes> captures, const Parameters& parameters, uint64_t) {
  HONE_TRY(const Question question, Read(captures, parameters));
  const std::optional<double> value = question.after.Sum(question.name, question.labels);
  if (!value) return Absent(question.name);
  return Computed{*value * question.scale, std::nullopt, 1, "snapshots", evidence::Validity::kValid};
}

constexpr evidence::Method kMethods[] = {
    {"metrics.counter_delta@1", "growth of a Prometheus counter between two snapshots, resets counted from 0",
     ComputeDelta},
    {"metrics.counter_per_request@1", "growth of a Prometheus counter between two snapshots / requests answered",
     ComputePerRequest},
    {"metrics.gauge@1", "the second snapshot's value of a Prometheus gauge", ComputeGauge},
};

}  // namespace

std::span<const evidence::Method> Methods() { return kMethods; }

}  // namespace hone::metrics
