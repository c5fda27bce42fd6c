// Reading captures that are one JSON object with a "format". Private to sql/.
#pragma once

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.h"

namespace hone::sql {

// What `read` (an object to a T) makes of the bytes; kInput, with `what` the bytes should be ("study of a plan"), where
// they are no JSON object of `format` or lack what `read` asks for. The library tells a missing member or a wrong type
// by an exception; it stays here.
template <typename T, typename Read>
base::Result<T> ReadJsonCapture(std::string_view bytes, std::string_view format, std::string_view what, Read read) {
  const auto malformed = [&](std::string_view why) {
    return base::Fail(base::Code::kInput, std::string("These bytes are no ").append(what).append(": ").append(why));
  };
  const auto json = nlohmann::ordered_json::parse(bytes, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return malformed("no JSON object");
  try {
    if (json.at("format").template get<std::string>() != format) return malformed("another format");
    return read(json);
  } catch (const std::exception& error) {
    return malformed(error.what());
  }
}

}  // namespace hone::sql
