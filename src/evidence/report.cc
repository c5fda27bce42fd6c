#include "evidence/report.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "evidence/json.h"

namespace hone::evidence {
namespace {

constexpr std::string_view kSchema = "hone.report/1";

// Reads the members of one object. The first thing that is not as it must be is kept as a sentence, after which all
// answers are empty ones: so the reading code need not ask after every member.
class Reader {
 public:
  Reader(const Json& json, std::string path, std::string& problem)
      : json_(&json), path_(std::move(path)), problem_(&problem) {
    if (!json.is_object()) Complain("", "is no object");
  }

  std::string Text(const char* key) const { return Get<std::string>(key, &Json::is_string, "is no text"); }
  double Number(const char* key) const { return Get<double>(key, &Json::is_number, "is no number"); }
  bool Flag(const char* key) const { return Get<bool>(key, &Json::is_boolean, "is neither true nor false"); }

  int64_t Whole(const char* key) const { return WholeOf(Find(key), key); }

  uint64_t Size(const char* key) const {
    return Get<uint64_t>(key, &Json::is_number_unsigned, "is no whole number from zero on");
  }

  bool IsNull(const char* key) const { return Find(key).is_null(); }

  std::optional<double> OptionalNumber(const char* key) const {
    return IsNull(key) ? std::nullopt : std::optional(Number(key));
  }
  // For members that are left out where they are empty.
  bool Has(const char* key) const { return json_->is_object() && json_->contains(key); }
  std::string TextIfPresent(const char* key) const { return Has(key) ? Text(key) : std::string(); }

  int64_t Id(char letter, const char* key) const { return ParsedId(letter, Text(key), key); }

  Reader Member(const char* key) const { return {Find(key), path_ + key + "/", *problem_}; }

  // Calls `read` with each element of a list.
  template <typename Read>
  void Each(const char* key, Read read) const {
    const Json& list = Find(key);
    if (!list.is_array()) return Complain(key, "is no list");
    for (size_t i = 0; i < list.size() && problem_->empty(); ++i) read(list[i], path_ + key + "/" + std::to_string(i));
  }
  template <typename Read>
  void EachObject(const char* key, Read read) const {
    Each(key, [&](const Json& element, const std::string& path) { read(Reader(element, path + "/", *problem_)); });
  }
  std::vector<std::string> Texts(const char* key) const {
    std::vector<std::string> texts;
    Each(key, [&](const Json& element, const std::string& path) {
      if (!element.is_string()) return Set(path + " is no text");
      texts.push_back(element.get<std::string>());
    });
    return texts;
  }
  std::vector<int64_t> Ids(char letter, const char* key) const {
    std::vector<int64_t> ids;
    for (const std::string& text : Texts(key)) ids.push_back(ParsedId(letter, text, key));
    return ids;
  }
  // Calls `keep` with each name and text of an object, in its order.
  template <typename Keep>
  void EachText(const char* key, Keep keep) const {
    const Json& object = Find(key);
    if (!object.is_object()) return Complain(key, "is no object");
    for (const auto& [name, value] : object.items()) {
      if (!value.is_string()) return Complain(key, "holds something that is no text");
      keep(name, value.template get<std::string>());
    }
  }
  std::map<std::string, std::string> Map(const char* key) const {
    std::map<std::string, std::string> map;
    EachText(key, [&](const std::string& name, std::string value) { map[name] = std::move(value); });
    return map;
  }
  std::map<std::string, int64_t> Counters(const char* key) const {
    std::map<std::string, int64_t> map;
    const Json& object = Find(key);
    if (!object.is_object()) {
      Complain(key, "is no object");
      return map;
    }
    for (const auto& [name, value] : object.items()) map[name] = WholeOf(value, key);
    return map;
  }

  template <typename Enum>
  Enum Named(const char* key, std::optional<Enum> (*named)(std::string_view)) const {
    const std::optional<Enum> value = named(Text(key));
    if (!value) Complain(key, "is none of the known words");
    return value.value_or(Enum{});
  }

  void Complain(std::string_view key, std::string_view what) const {
    Set(path_ + std::string(key) + " " + std::string(what));
  }

 private:
  void Set(std::string problem) const {
    if (problem_->empty()) *problem_ = std::move(problem);
  }

  const Json& Find(const char* key) const {
    static const Json kNothing = nullptr;
    if (!json_->is_object()) return kNothing;
    const auto found = json_->find(key);
    if (found != json_->end()) return *found;
    Complain(key, "is missing");
    return kNothing;
  }

  template <typename T>
  T Get(const char* key, bool (Json::*is)() const noexcept, const char* complaint) const {
    const Json& value = Find(key);
    if ((value.*is)()) return value.get<T>();
    Complain(key, complaint);
    return T{};
  }

  int64_t WholeOf(const Json& value, const char* key) const {
    const bool too_large = value.is_number_unsigned() && value.get<uint64_t>() > std::numeric_limits<int64_t>::max();
    if (value.is_number_integer() && !too_large) return value.get<int64_t>();
    Complain(key, "is no whole number");
    return 0;
  }

  int64_t ParsedId(char letter, const std::string& text, const char* key) const {
    const auto id = ParseId(letter, text);
    if (!id) Complain(key, std::string("is no id such as ") + letter + "1");
    return id.value_or(0);
  }

  const Json* json_;
  std::string path_;
  std::string* problem_;
};

Scope ReadScope(const Reader& in) {
  return {.service = in.TextIfPresent("service"),
          .endpoint = in.TextIfPresent("endpoint"),
          .function = in.TextIfPresent("function"),
          .query = in.TextIfPresent("query")};
}

uint64_t ReadSeed(const Reader& in) {
  const std::string text = in.Text("seed");
  uint64_t seed = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, seed);
  if (parsed.ec != std::errc() || parsed.ptr != end) in.Complain("seed", "is no whole number in a text");
  return seed;
}

std::optional<Interval> ReadInterval(const Reader& in) {
  if (in.IsNull("ci")) return std::nullopt;
  std::vector<double> ends;
  in.Each("ci", [&](const Json& element, const std::string&) {
    if (element.is_number()) ends.push_back(element.get<double>());
  });
  if (ends.size() != 2) {
    in.Complain("ci", "is not two numbers");
    return std::nullopt;
  }
  return Interval{ends[0], ends[1], in.Number("level")};
}

Measurement ReadMeasurement(const Reader& in) {
  return {.id = in.Id('m', "id"),
          .metric = in.Text("metric"),
          .scope = ReadScope(in.Member("scope")),
          .unit = in.Text("unit"),
          .value = in.Number("value"),
          .interval = ReadInterval(in),
          .n = in.Whole("n"),
          .n_of = in.Text("n_of"),
          .method = in.Text("method"),
          .seed = ReadSeed(in),
          .captures = in.Ids('c', "captures"),
          .parameters = in.Map("parameters"),
          .validity = in.Named("validity", ValidityNamed)};
}

std::string ReadBlobName(const Reader& in) {
  constexpr std::string_view kPrefix = "sha256:";
  const std::string text = in.Text("blob");
  const bool right = text.size() == kPrefix.size() + 64 && text.starts_with(kPrefix) &&
                     text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string::npos;
  if (!right) {
    in.Complain("blob", "is no SHA-256");
    return {};
  }
  return text.substr(kPrefix.size());
}

Capture ReadCapture(const Reader& in) {
  return {.id = in.Id('c', "id"),
          .run = in.Whole("run"),
          .kind = in.Text("kind"),
          .blob = ReadBlobName(in),
          .bytes = in.Size("bytes"),
          .scope = ReadScope(in.Member("scope")),
          .phase = in.Named("phase", PhaseNamed),
          .start_ns = in.Whole("start_ns"),
          .end_ns = in.Whole("end_ns"),
          .rate = in.Number("rate"),
          .through_proxy = in.Flag("through_proxy"),
          .profiler_on = in.Flag("profiler_on"),
          .versions = in.Map("versions"),
          .parameters = in.Map("parameters"),
          .lost = in.Counters("lost")};
}

int ReadLine(const Reader& in) {
  const int64_t line = in.Whole("line");
  if (line < 0 || line > std::numeric_limits<int>::max()) in.Complain("line", "is no line number");
  return static_cast<int>(line);
}

Subject ReadSubject(const Reader& in) {
  Subject subject{.kind = in.Text("kind"),
                  .name = in.Text("name"),
                  .endpoint = in.Text("endpoint"),
                  .file = in.Text("file"),
                  .line = ReadLine(in),
                  .function = in.Text("function"),
                  .located = in.TextIfPresent("located")};
  if (!in.Has("stack")) return subject;
  in.EachObject("stack", [&](const Reader& one) {
    subject.stack.push_back({one.Text("function"), one.Text("file"), ReadLine(one)});
  });
  return subject;
}

Finding ReadFinding(const Reader& in) {
  Finding finding{.id = in.Id('f', "id"),
                  .rule = in.Text("rule"),
                  .severity = in.Named("severity", SeverityNamed),
                  .title = in.Text("title"),
                  .subject = ReadSubject(in.Member("subject")),
                  .measurements = in.Ids('m', "measurements"),
                  .remedy = in.Text("remedy")};
  const Reader worth = in.Member("worth");
  finding.time_ms = worth.OptionalNumber("time_ms");
  finding.time_loopback_ms = worth.OptionalNumber("time_loopback_ms");
  finding.cpu_s_per_1000 = worth.OptionalNumber("cpu_s_per_1000");
  finding.bytes = worth.OptionalNumber("bytes");
  if (!in.IsNull("ceiling")) {
    const Reader ceiling = in.Member("ceiling");
    finding.ceiling = Ceiling{ceiling.Number("value"), ceiling.Text("unit"), ceiling.Text("basis")};
  }
  if (!in.IsNull("accepted")) finding.accepted = in.Text("accepted");
  return finding;
}

Report ReadReport(const Reader& in) {
  if (in.Text("schema") != kSchema) in.Complain("schema", "is not " + std::string(kSchema));
  Report report{
      .verb = in.Text("verb"), .verdict = in.Text("verdict"), .headline = in.Text("headline"), .run = in.Whole("run")};
  in.EachText("environment", [&](const std::string& name, std::string value) {
    report.environment.emplace_back(name, std::move(value));
  });
  const Reader cost = in.Member("cost");
  report.cost = {cost.Number("cpu_seconds"), cost.Number("peak_rss_bytes"), cost.Number("wall_seconds")};
  report.caveats = in.Texts("caveats");
  in.EachObject("findings", [&](const Reader& one) { report.findings.push_back(ReadFinding(one)); });
  in.EachObject("healthy",
                [&](const Reader& one) { report.healthy.push_back({one.Text("subject"), one.Text("text")}); });
  in.EachObject("not_judged", [&](const Reader& one) {
    report.not_judged.push_back({one.Text("subject"), one.Text("reason"), one.Text("what_would_do")});
  });
  if (in.Has("advice")) {
    in.EachObject("advice", [&](const Reader& one) {
      report.advice.push_back(
          {one.Text("setting"), one.Text("value"), one.Text("reason"), one.Ids('m', "measurements")});
    });
  }
  if (in.Has("seen_only")) {
    in.EachObject("seen_only", [&](const Reader& one) {
      report.seen_only.push_back({one.Text("what"), one.Text("address"), one.Text("text"), one.Id('m', "measurement")});
    });
  }
  in.EachObject("measurements", [&](const Reader& one) { report.measurements.push_back(ReadMeasurement(one)); });
  in.EachObject("captures", [&](const Reader& one) { report.captures.push_back(ReadCapture(one)); });
  report.next = in.Texts("next");
  return report;
}

template <typename T>
Json ListOf(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(JsonOf(value));
  return list;
}

Json AdviceOf(const Report& report) {
  Json list = Json::array();
  for (const Advice& one : report.advice) {
    Json ids = Json::array();
    for (const MeasurementId id : one.measurements) ids.push_back(IdText('m', id));
    list.push_back({{"setting", one.setting}, {"value", one.value}, {"reason", one.reason}, {"measurements", ids}});
  }
  return list;
}

Json SeenOnlyOf(const Report& report) {
  Json list = Json::array();
  for (const SeenOnly& one : report.seen_only) {
    list.push_back({{"what", one.what},
                    {"address", one.address},
                    {"text", one.text},
                    {"measurement", IdText('m', one.measurement)}});
  }
  return list;
}

}  // namespace

std::string ToJson(const Report& report) {
  Json environment = Json::object();
  for (const auto& [name, value] : report.environment) environment[name] = value;
  Json healthy = Json::array();
  for (const Healthy& one : report.healthy) healthy.push_back({{"subject", one.subject}, {"text", one.text}});
  Json not_judged = Json::array();
  for (const NotJudged& one : report.not_judged) {
    not_judged.push_back({{"subject", one.subject}, {"reason", one.reason}, {"what_would_do", one.what_would_do}});
  }
  Json document = {{"schema", kSchema},
                   {"verb", report.verb},
                   {"verdict", report.verdict},
                   {"headline", report.headline},
                   {"run", report.run},
                   {"environment", environment},
                   {"cost",
                    {{"cpu_seconds", report.cost.cpu_seconds},
                     {"peak_rss_bytes", report.cost.peak_rss_bytes},
                     {"wall_seconds", report.cost.wall_seconds}}},
                   {"caveats", Json(report.caveats)},
                   {"findings", ListOf(report.findings)},
                   {"healthy", healthy},
                   {"not_judged", not_judged},
                   {"measurements", ListOf(report.measurements)},
                   {"captures", ListOf(report.captures)},
                   {"next", Json(report.next)}};
  if (!report.advice.empty()) document["advice"] = AdviceOf(report);
  if (!report.seen_only.empty()) document["seen_only"] = SeenOnlyOf(report);
  return Print(document);
}

base::Result<Report> ReportFromJson(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded()) return base::Fail(base::Code::kInput, "Not a report: it is no JSON");
  std::string problem;
  Report report = ReadReport(Reader(parsed, "/", problem));
  if (!problem.empty()) return base::Fail(base::Code::kInput, "Not a report of this hone", problem);
  return report;
}

}  // namespace hone::evidence
