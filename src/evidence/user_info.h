// The user and password that a URL names.
#pragma once

#include <string_view>
#include <vector>

namespace hone::evidence {

// "user:password" between "://" and "@", of every URL in the text, as parts of it. A password may hold what should have
// been escaped ('/', '?', '#').
std::vector<std::string_view> FindUserInfo(std::string_view text);

}  // namespace hone::evidence
