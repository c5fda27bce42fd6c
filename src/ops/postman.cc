#include "ops/postman.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/ascii.h"

namespace hone::ops {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 16;  // folders within folders

std::string TextOf(const Json& object, const char* member) {
  const auto found = object.is_object() ? object.find(member) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

class Collection {
 public:
  Collection(std::string_view source, const Json& json) : source_(source) {
    for (const Json& variable : json.value("variable", Json::array())) {
      if (const std::string key = TextOf(variable, "key"); !key.empty()) variables_[key] = TextOf(variable, "value");
    }
    AddItems(json.value("item", Json::array()), 0);
  }

  std::string Text() && { return std::move(text_); }

 private:
  void AddItems(const Json& items, int depth) {
    if (!items.is_array() || depth > kDeepest) return;
    for (const Json& item : items) {
      if (!item.is_object()) continue;
      if (item.contains("item")) AddItems(item["item"], depth + 1);
      if (item.contains("request") && item["request"].is_object()) AddRequest(item["request"]);
    }
  }

  void AddRequest(const Json& request) {
    const Json url = request.value("url", Json());
    const std::string raw = url.is_string() ? url.get<std::string>() : TextOf(url, "raw");
    if (raw.empty()) return;
    const size_t found = source_.find(Json(raw).dump(), at_);
    if (found != std::string_view::npos) at_ = found;
    const auto line = std::count(source_.begin(), source_.begin() + static_cast<ptrdiff_t>(at_), '\n');
    const auto written = std::ranges::count(text_, '\n');
    text_.append(static_cast<size_t>(std::max<ptrdiff_t>(line - written, 1)), '\n');
    std::string address = Filled(raw);
    for (size_t blank = address.find(' '); blank != std::string::npos; blank = address.find(' ', blank))
      address.replace(blank, 1, "%20");
    const std::string method = TextOf(request, "method");
    text_ += (method.empty() ? "GET" : method) + " " + address + "\n";
    if (const std::string body = Body(request.value("body", Json())); !body.empty()) text_ += "\n" + body + "\n";
  }

  std::string Body(const Json& body) const {
    if (TextOf(body, "mode") != "urlencoded") return Filled(TextOf(body, "raw"));
    std::string form;
    for (const Json& field : body.value("urlencoded", Json::array()))
      form += (form.empty() ? "" : "&") + TextOf(field, "key") + "=" + Filled(TextOf(field, "value"));
    return form;
  }

  // With the values of those "{{variables}}" that have one.
  std::string Filled(std::string text) const {
    for (const auto& [name, value] : variables_) {
      const std::string place = "{{" + name + "}}";
      if (value.empty()) continue;
      for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + value.size()))
        text.replace(at, place.size(), value);
    }
    return text;
  }

  std::string_view source_;
  size_t at_ = 0;  // where the last address stands
  std::map<std::string, std::string> variables_ = {};
  std::string text_ = {};
};

}  // namespace

bool IsPostmanCollection(std::string_view file) { return base::LowerCase(file).ends_with("postman_collection.json"); }

std::string RequestsOfCollection(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return {};
  return Collection(json, parsed).Text();
}

}  // namespace hone::ops
