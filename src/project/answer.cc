// What answers are looked at for: checks, values for other scenarios, and what logins capture.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "net/http_response.h"
#include "project/scenario.h"

namespace hone::project {
namespace {

using base::Code;
using base::Fail;
using Json = nlohmann::json;

std::string Unescape(std::string_view token) {
  std::string result;
  for (size_t at = 0; at < token.size(); ++at) {
    const bool escaped = token[at] == '~' && at + 1 < token.size();
    if (escaped) ++at;
    result += !escaped ? token[at] : token[at] == '0' ? '~' : '/';
  }
  return result;
}

std::vector<std::string> Tokens(std::string_view pointer) {
  std::vector<std::string> tokens;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const size_t end = std::min(pointer.find('/'), pointer.size());
    tokens.push_back(Unescape(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return tokens;
}

// The member or element of `value` that `token` names, or nullptr.
const Json* ChildOf(const Json& value, const std::string& token) {
  if (value.is_object()) {
    const auto found = value.find(token);
    return found == value.end() ? nullptr : &*found;
  }
  size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool number = error == std::errc() && end == token.data() + token.size();
  return value.is_array() && number && index < value.size() ? &value[index] : nullptr;
}

const Json* At(const Json& document, std::string_view pointer) {
  const Json* value = &document;
  for (const std::string& token : Tokens(pointer)) {
    value = ChildOf(*value, token);
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::vector<const Json*> AllAt(const Json& document, std::string_view pointer) {
  std::vector<const Json*> values = {&document};
  for (const std::string& token : Tokens(pointer)) {
    std::vector<const Json*> next;
    for (const Json* value : values) {
      if (token == "*" && value->is_structured()) {
        for (const Json& child : *value) next.push_back(&child);
      } else if (const Json* child = ChildOf(*value, token)) {
        next.push_back(child);
      }
    }
    values = std::move(next);
  }
  return values;
}

// What is at the pointer, or where that is nothing, at the same one in the only member of the document that has it:
// services put their answers into an envelope ("data").
std::vector<const Json*> AllIn(const Json& document, std::string_view pointer) {
  std::vector<const Json*> values = AllAt(document, pointer);
  if (!values.empty() || !document.is_object()) return values;
  for (const Json& member : document) {
    std::vector<const Json*> inner = member.is_structured() ? AllAt(member, pointer) : std::vector<const Json*>();
    if (!inner.empty() && !values.empty()) return {};
    if (!inner.empty()) values = std::move(inner);
  }
  return values;
}

// UTF-8 code points, elements or members; nothing for other kinds.
std::optional<int64_t> Length(const Json& value) {
  if (value.is_structured()) return static_cast<int64_t>(value.size());
  if (!value.is_string()) return std::nullopt;
  return std::ranges::count_if(value.get_ref<const std::string&>(), [](char c) { return (c & 0xC0) != 0x80; });
}

// The kind and length of a value, nothing of what it is.
std::string Describe(const Json& value) {
  const std::string_view kind = value.is_object()    ? "an object"
                                : value.is_array()   ? "a list"
                                : value.is_string()  ? "a text"
                                : value.is_boolean() ? "a truth value"
                                : value.is_null()    ? "null"
                                                     : "a number";
  const auto length = Length(value);
  return length ? fmt::format("{} of length {}", kind, *length) : std::string(kind);
}

std::optional<std::string> ScalarText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

// What is wrong, as the end of a sentence; empty if nothing is.
std::string CheckLength(const BodyCheck& check, const Json& value, const std::string& wanted) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error != std::errc() || end != wanted.data() + wanted.size()) {
    return fmt::format("the wanted length of {} is not a whole number", check.pointer);
  }
  const auto length = Length(value);
  const bool least = check.kind == BodyCheck::Kind::kAtLeast;
  if (length && (least ? *length >= number : *length == number)) return {};
  return fmt::format("{} is {}, not of length {}{}", check.pointer, Describe(value), number, least ? " or more" : "");
}

std::string CheckBody(const BodyCheck& check, const Json& document, size_t bytes, const std::string& wanted) {
  if (document.is_discarded()) return fmt::format("the body ({} bytes) is not JSON", bytes);
  const Json* value = At(document, check.pointer);
  const std::string place = check.pointer.empty() ? "the document" : check.pointer;
  if (check.kind == BodyCheck::Kind::kExists) {
    if ((value != nullptr) == check.exists) return {};
    return check.exists ? place + " is missing" : fmt::format("{} is there ({})", place, Describe(*value));
  }
  if (value == nullptr) return place + " is missing";
  if (check.kind != BodyCheck::Kind::kEquals) return CheckLength(check, *value, wanted);
  const Json parsed = Json::parse(wanted, nullptr, false);
  const bool same = (!parsed.is_discarded() && parsed == *value) ||
                    (value->is_string() && value->get_ref<const std::string&>() == wanted);
  return same ? std::string() : fmt::format("{} is {}, not the wanted value", place, Describe(*value));
}

bool IsWanted(int status, const std::vector<int>& wanted) { return std::ranges::find(wanted, status) != wanted.end(); }

std::string Unexpected(int status, const std::vector<int>& wanted) {
  return fmt::format("Answered {}, not {}", status, fmt::join(wanted, " or "));
}

// The value of the cookie that the answer sets.
std::optional<std::string> Cookie(const net::HttpAnswer& answer, std::string_view name) {
  for (const auto& [field, value] : answer.headers) {
    if (!net::EqualsIgnoringCase(field, "set-cookie")) continue;
    const std::string_view pair = std::string_view(value).substr(0, value.find(';'));
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return std::string(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::optional<std::string> Captured(const Capture& capture, const net::HttpAnswer& answer, const Json& document) {
  if (capture.source == Capture::Source::kCookie) return Cookie(answer, capture.where);
  if (capture.source == Capture::Source::kHeader) {
    const std::string* value = net::FindHeader(answer, capture.where);
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  const std::vector<const Json*> values =
      document.is_discarded() ? std::vector<const Json*>() : AllIn(document, capture.where);
  return values.size() != 1 ? std::nullopt : ScalarText(*values.front());
}

}  // namespace

base::Result<std::vector<std::string>> ExtractValues(std::string_view body, std::string_view pointer) {
  const Json document = Json::parse(body, nullptr, false);
  if (document.is_discarded()) return Fail(Code::kInput, fmt::format("the answer ({} bytes) is not JSON", body.size()));
  std::vector<std::string> texts;
  const std::vector<const Json*> values = AllIn(document, pointer);
  if (values.empty()) return Fail(Code::kInput, fmt::format("the answer has nothing at {}", pointer));
  const bool all_null = std::ranges::all_of(values, [](const Json* value) { return value->is_null(); });
  for (const Json* value : values) {
    // Some of a list may have none.
    if (value->is_null() && !all_null) continue;
    auto text = ScalarText(*value);
    if (!text)
      return Fail(Code::kInput, fmt::format("at {} stands {}, not a text or number", pointer, Describe(*value)));
    texts.push_back(*std::move(text));
  }
  return texts;
}

std::optional<std::string_view> HeaderNamed(std::string_view place) {
  constexpr std::string_view kHeader = "header:";
  if (!place.starts_with(kHeader) || place.size() == kHeader.size()) return std::nullopt;
  return place.substr(kHeader.size());
}

base::Result<std::vector<std::string>> ValuesAt(const net::HttpAnswer& answer, std::string_view pointer) {
  const auto header = HeaderNamed(pointer);
  if (!header) return ExtractValues(answer.body, pointer);
  const std::string* value = net::FindHeader(answer, *header);
  if (value == nullptr) return Fail(Code::kInput, fmt::format("the answer has no header {}", *header));
  return std::vector{*value};
}

base::Result<void> CheckAnswer(const Scenario& scenario, const Assignment& assignment, const RequestContext& context,
                               const net::HttpAnswer& answer) {
  if (!IsWanted(answer.status, scenario.status))
    return Fail(Code::kService, Unexpected(answer.status, scenario.status), scenario.name);
  if (scenario.checks.empty()) return {};
  const bool parse =
      std::ranges::any_of(scenario.checks, [](const BodyCheck& c) { return c.kind != BodyCheck::Kind::kContains; });
  const Json document = parse ? Json::parse(answer.body, nullptr, false) : Json();
  for (const BodyCheck& check : scenario.checks) {
    HONE_TRY(const std::string wanted, check.value.Expand([&](std::string_view name) {
      const auto found = assignment.find(name);
      return found != assignment.end() ? std::optional(found->second) : Find(context.values, name);
    }));
    std::string fault;
    if (check.kind != BodyCheck::Kind::kContains) {
      fault = CheckBody(check, document, answer.body.size(), wanted);
    } else if (answer.body.find(wanted) == std::string::npos) {
      fault = fmt::format("the body ({} bytes) does not hold the wanted text", answer.body.size());
    }
    if (!fault.empty()) {
      return Fail(Code::kService, fmt::format("The check in line {} of hone.toml failed: {}", check.at.line, fault),
                  scenario.name);
    }
  }
  return {};
}

namespace {

base::Result<Values> CaptureAll(const std::vector<Capture>& captures, const std::string& prefix,
                                const net::HttpAnswer& answer, const std::string& subject, const std::string& remedy) {
  const Json document = Json::parse(answer.body, nullptr, false);
  Values values;
  for (const Capture& capture : captures) {
    auto value = Captured(capture, answer, document);
    if (!value) {
      const std::string_view kind = capture.source == Capture::Source::kHeader   ? "header "
                                    : capture.source == Capture::Source::kCookie ? "cookie "
                                                                                 : "";
      return Fail(Code::kService, fmt::format("The answer has no text or number at {}{}", kind, capture.where), subject,
                  remedy);
    }
    values[prefix + capture.key] = *std::move(value);
  }
  return values;
}

// "set-up step tenant (POST /tenants), line 12 of hone.toml"
std::string NameOf(const Step& step) {
  const std::string name = step.name.empty() ? "clean-up step" : "set-up step " + step.name;
  return fmt::format("{} ({} {}), line {} of hone.toml", name, step.method, step.path.source(), step.at.line);
}

}  // namespace

base::Result<Values> CaptureLogin(const Login& login, const net::HttpAnswer& answer) {
  const std::string subject = fmt::format("login {} ({} {})", login.name, login.method, login.path.source());
  if (!IsWanted(answer.status, login.status)) {
    return Fail(Code::kService, Unexpected(answer.status, login.status), subject,
                "Correct its path, body or status in hone.toml");
  }
  return CaptureAll(login.captures, fmt::format("login.{}.", login.name), answer, subject,
                    "Correct [login.capture] in hone.toml");
}

base::Result<void> CheckStep(const Step& step, const RequestContext& context, const net::HttpAnswer& answer) {
  if (!IsWanted(answer.status, step.status)) {
    return Fail(Code::kService, Unexpected(answer.status, step.status), NameOf(step),
                "Correct its path, body or status there");
  }
  if (!step.until || step.until->pointer.empty()) return {};
  HONE_TRY(const std::string wanted, step.until->equals.Expand(context.values));
  const Json document = Json::parse(answer.body, nullptr, false);
  const BodyCheck check{.kind = BodyCheck::Kind::kEquals, .pointer = step.until->pointer};
  const std::string fault = CheckBody(check, document, answer.body.size(), wanted);
  if (fault.empty()) return {};
  return Fail(Code::kService, "In its answer " + fault, NameOf(step), "Correct [setup.until] there");
}

base::Result<Values> CaptureStep(const Step& step, const net::HttpAnswer& answer) {
  return CaptureAll(step.captures, fmt::format("setup.{}.", step.name), answer, NameOf(step),
                    "Correct its [setup.capture] there");
}

}  // namespace hone::project
