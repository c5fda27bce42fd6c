#include "ops/init_stubs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "ops/init_body.h"

namespace hone::ops {
namespace {

using golang::Field;
using golang::UpstreamCall;

// Where a request goes: a variable, flag or key, and the path behind it.
struct Target {
  StubDraft::Where where = StubDraft::Where::kVariable;
  std::string name = {};
  bool address = false;  // it holds no scheme: "http://${PRICES_ADDR}/quote"
  std::string path = {};
};

constexpr std::string_view kUnknown = "${?}";

// What stands in the URL before its first "${", and whether the request then leaves for an address that can be set.
std::optional<Target> TargetOf(const golang::PartialText& url) {
  Target target;
  const size_t open = url.value.find("${");
  if (open == std::string::npos || url.value.substr(open, kUnknown.size()) == kUnknown) return std::nullopt;
  const std::string_view before = std::string_view(url.value).substr(0, open);
  if (!before.empty() && before != "http://") return std::nullopt;
  const size_t close = url.value.find('}', open);
  if (close == std::string::npos) return std::nullopt;
  target.address = !before.empty();
  target.name = url.value.substr(open + 2, close - open - 2);
  target.path = url.value.substr(close + 1);
  if (target.path.starts_with(":")) return std::nullopt;
  constexpr std::array<std::pair<std::string_view, StubDraft::Where>, 2> kPrefixes = {
      {{"flag:", StubDraft::Where::kFlag}, {"config:", StubDraft::Where::kKey}}};
  for (const auto& [prefix, where] : kPrefixes) {
    if (!target.name.starts_with(prefix)) continue;
    target.where = where;
    target.name.erase(0, prefix.size());
  }
  return target;
}

bool IsOwnMachine(std::string_view url) {
  constexpr std::array<std::string_view, 4> kHosts = {"://localhost", "://127.", "://[::1]", "://0.0.0.0"};
  return std::ranges::any_of(kHosts, [&](std::string_view host) { return base::Contains(url, host); });
}

// A pattern for [[stub.answer]]: what is not known becomes {id}, the query goes.
std::string PatternOf(std::string_view path) {
  std::string pattern;
  int unknown = 0;
  while (!path.empty()) {
    const size_t slash = path.find('/', 1);
    std::string element(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
    if (const size_t at = element.find("${"); at != std::string::npos && element.find('?') >= at) {
      ++unknown;
      element = unknown == 1 ? "/{id}" : fmt::format("/{{id{}}}", unknown);
    }
    const size_t query = element.find('?');
    pattern += element.substr(0, query);
    if (query != std::string::npos) break;
  }
  if (!pattern.starts_with('/')) pattern.insert(0, "/");
  return pattern;
}

// "pricing" for PRICING_URL, "payments" for payments.base-url.
std::string StubName(std::string name) {
  name = base::LowerCase(name);
  std::ranges::replace_if(name, [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')); }, '_');
  constexpr std::array<std::string_view, 13> kEnds = {"_url",      "_uri",     "_addr", "_address", "_base",
                                                      "_endpoint", "_host",    "_http", "_root",    "_service",
                                                      "_server",   "_baseurl", "_api"};
  for (bool cut = true; cut;) {
    cut = false;
    for (const std::string_view end : kEnds) {
      if (!name.ends_with(end) || name.size() == end.size()) continue;
      name.resize(name.size() - end.size());
      cut = true;
    }
  }
  return name;
}

// Makes up an answer that a client is content with: no errors, and nothing that says that more pages follow.
class Answer {
 public:
  explicit Answer(std::string_view pattern) : by_id_(base::Contains(pattern, "{id}")) {}

  std::string Of(const golang::UpstreamAnswer& answer) const {
    if (answer.array) {
      const Field element = {
          .name = "", .type = answer.type, .kind = answer.fields.empty() ? "" : "object", .fields = answer.fields};
      return fmt::format("[{}]", answer.fields.empty() ? Scalar(answer.type) : Object(element.fields, 0));
    }
    if (answer.kind == "object") return Object(answer.fields, 0);
    return Scalar(answer.type);
  }

 private:
  static constexpr int kDeepest = 5;

  static bool IsLeftOut(const Field& field) {
    constexpr std::array<std::string_view, 5> kWords = {"error", "next", "cursor", "fail", "message"};
    constexpr std::array<std::string_view, 3> kNames = {"err", "has_more", "hasmore"};
    return HoldsOneOf(field.name, kWords) || IsOneOf(field.name, kNames);
  }

  std::string Object(const std::vector<Field>& fields, int depth) const {
    std::vector<std::string> members;
    for (const Field& field : fields) {
      if (IsLeftOut(field)) continue;
      if (const auto value = Value(field, depth))
        members.push_back(fmt::format("{}: {}", JsonText(field.name), *value));
    }
    return fmt::format("{{{}}}", fmt::join(members, ", "));
  }

  std::optional<std::string> Value(const Field& field, int depth) const {
    const bool id = by_id_ && depth == 0 && base::LowerCase(field.name) == "id";
    if (field.kind == "string") return id ? "\"${id}\"" : JsonText(Text(field));
    if (field.kind == "integer" || field.kind == "number")
      return id && field.kind == "integer" ? "${id}" : Number(field);
    if (field.kind == "boolean") return "true";
    if (depth >= kDeepest) return std::nullopt;
    if (field.kind == "object") return Object(field.fields, depth + 1);
    if (field.kind != "array") return std::nullopt;
    return fmt::format("[{}]", field.fields.empty() ? Scalar(field.type) : Object(field.fields, depth + 1));
  }

  static std::string Text(const Field& field) {
    constexpr std::array<std::string_view, 2> kStates = {"status", "state"};
    const std::string name = base::LowerCase(field.name);
    if (base::Contains(field.type, "time.Time") || name.ends_with("_at")) return "2025-01-15T12:00:00Z";
    if (base::Contains(base::LowerCase(field.type), "uuid")) return "8c5b1a4e-0000-4000-8000-000000000001";
    if (base::Contains(field.type, "ecimal") || HoldsOneOf(name, kAmounts)) return "1.00";
    if (name == "date" || name.ends_with("_date")) return "2025-01-15";
    if (name == "url" || name.ends_with("_url")) return "https://example.com/";
    if (base::Contains(name, "email")) return "hone@example.com";
    if (base::Contains(name, "currency")) return "EUR";
    if (base::Contains(name, "country")) return "DE";
    if (IsOneOf(name, kStates)) return "ok";
    if (name == "id" || name.ends_with("_id")) return "1";
    return "hone";
  }

  static std::string Number(const Field& field) {
    constexpr std::array<std::string_view, 3> kTimes = {"expires", "ttl", "seconds"};
    if (HoldsOneOf(field.name, kTimes)) return "3600";
    return HoldsOneOf(field.name, kAmounts) ? "100" : "1";
  }

  // One element of a list of this Go type; empty where it is not known.
  static std::string Scalar(std::string_view type) {
    if (base::Contains(type, "string")) return "\"hone\"";
    if (base::Contains(type, "int") || base::Contains(type, "float")) return "1";
    return type == "bool" ? "true" : "";
  }

  static constexpr std::array<std::string_view, 4> kAmounts = {"cents", "price", "amount", "balance"};

  bool by_id_;
};

class Stubs {
 public:
  Stubs(const golang::Inspection& inspection, std::string main, const std::vector<std::string>& taken)
      : inspection_(inspection), main_(std::move(main)), taken_(taken) {}

  StubDrafts Write() {
    for (const UpstreamCall& call : inspection_.upstreams) {
      if (main_.empty() || call.mains.empty() || base::Has(call.mains, main_)) Add(call);
    }
    for (Entry& entry : entries_) WriteStub(entry);
    return std::move(drafts_);
  }

 private:
  struct Request {
    const UpstreamCall* call = nullptr;
    std::string pattern = {};
  };
  struct Entry {
    Target target = {};
    std::string name = {};
    std::vector<Request> requests = {};
  };

  static std::string Shown(const UpstreamCall& call, std::string_view pattern) {
    return call.method.empty() ? std::string(pattern) : fmt::format("{} {}", call.method, pattern);
  }

  void Add(const UpstreamCall& call) {
    const auto target = TargetOf(call.url);
    if (!target) return NoteUnknown(call);
    if (base::Has(taken_, target->name)) return;
    auto entry = std::ranges::find_if(entries_, [&](const Entry& other) {
      return other.target.where == target->where && other.target.name == target->name;
    });
    if (entry == entries_.end()) entry = entries_.insert(entries_.end(), {*target, FreeName(target->name), {}});
    entry->requests.push_back({&call, PatternOf(target->path)});
  }

  std::string FreeName(const std::string& from) const {
    const std::string name = StubName(from);
    std::string free = name;
    for (int i = 2; std::ranges::find(entries_, free, &Entry::name) != entries_.end(); ++i)
      free = fmt::format("{}_{}", name, i);
    return free;
  }

  void NoteUnknown(const UpstreamCall& call) {
    const std::string origin = golang::ToString(call.origin);
    const std::string& url = call.url.value;
    if (IsOwnMachine(url)) return;
    if (const bool constant = url.starts_with("http://") || url.starts_with("https://");
        constant && !base::Contains(url.substr(0, url.find('/', sizeof("https://") - 1)), "${")) {
      const size_t begin = url.find("://") + 3;
      drafts_.missing.push_back(
          fmt::format("a way to answer for {} ({}): its address is constant in the code, so requests really go there",
                      url.substr(begin, url.find_first_of("/?", begin) - begin), origin));
    } else {
      drafts_.missing.push_back(
          fmt::format("how the service is told where to send {}({}) was not found: give it a "
                      "[[stub]] and set its address to ${{stub.NAME}}",
                      call.method.empty() ? "its request " : call.method + " ", origin));
    }
  }

  // Patterns that stand for fewer paths come first.
  static void Sort(std::vector<Request>& requests) {
    std::ranges::stable_sort(requests, {},
                             [](const Request& request) { return std::ranges::count(request.pattern, '{'); });
  }

  void WriteStub(Entry& entry) {
    const UpstreamCall& first = *entry.requests.front().call;
    const std::string origin = golang::ToString(first.origin);
    const std::string value = fmt::format("${{stub.{}{}}}", entry.name, entry.target.address ? ".address" : "");
    StubDraft draft = {.where = entry.target.where, .setting = {entry.target.name, value, origin}};
    draft.text = fmt::format(
        "# The service calls it: Hone answers, with answers made up from the Go types that they are decoded into. "
        "Check "
        "them, and\n# add `delay`, what each takes in production.\n[[stub]]  # {}\nname = {}\n",
        origin, TomlText(entry.name));
    Sort(entry.requests);
    std::vector<std::string> written;
    for (const Request& request : entry.requests) {
      const std::string shown = Shown(*request.call, request.pattern);
      if (base::Has(written, shown)) continue;
      written.push_back(shown);
      WriteAnswer(request, shown, entry.name, draft);
    }
    draft.text += "\n";
    draft.found = fmt::format("{} called by {} ({}): a stub with drafted answers stands in for it, check them",
                              entry.name, entry.target.name, origin);
    drafts_.stubs.push_back(std::move(draft));
  }

  static void WriteAnswer(const Request& request, const std::string& shown, const std::string& name, StubDraft& draft) {
    const UpstreamCall& call = *request.call;
    draft.text += fmt::format("[[stub.answer]]  # {}\n", golang::ToString(call.origin));
    if (!call.method.empty()) draft.text += fmt::format("method = {}\n", TomlText(call.method));
    draft.text += fmt::format("path = {}\n", TomlText(request.pattern));
    if (call.status != 0) draft.text += fmt::format("status = {}\n", call.status);
    const std::string body = call.answer ? Answer(request.pattern).Of(*call.answer) : "";
    if (!body.empty() && body != "{}") {
      draft.text += fmt::format("body = {}  # drafted from {} ({})\n", TomlText(body), TypeName(*call.answer),
                                golang::ToString(call.answer->origin));
      return;
    }
    if (call.method == "HEAD") return;
    draft.text += "body = \"{}\"  # nothing shows what it holds\n";
    draft.missing.push_back(
        fmt::format("what {} of the stub {} answers ({}): no Go type shows it, and {{}} stands there", shown, name,
                    golang::ToString(call.origin)));
  }

  // A type without a name is not written out.
  static std::string TypeName(const golang::UpstreamAnswer& answer) {
    return base::Contains(answer.type, "struct{") ? "a struct" : answer.type;
  }

  const golang::Inspection& inspection_;
  std::string main_;
  const std::vector<std::string>& taken_;
  std::vector<Entry> entries_ = {};
  StubDrafts drafts_ = {};
};

}  // namespace

StubDrafts DraftStubs(const golang::Inspection& inspection, const std::string& main,
                      const std::vector<std::string>& taken) {
  return Stubs(inspection, main, taken).Write();
}

}  // namespace hone::ops
