#include "apps/tools/input.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

namespace pith {

Result<std::vector<Input>> read_inputs(const std::vector<std::string>& files) {
  std::vector<Input> inputs;
  for (const std::string& file : files.empty() ? std::vector<std::string>{"-"} : files) {
    Input input{file, {}};
    if (file == "-") {
      input.text.assign(std::istreambuf_iterator<char>(std::cin), {});
    } else {
      struct stat info {};
      if (::stat(file.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
        return Error{ErrorCode::kFileUnreadable, file + ": is a directory"};
      }
      std::ifstream stream(file, std::ios::binary);
      if (!stream) return Error{ErrorCode::kFileUnreadable, file + ": " + std::strerror(errno)};
      input.text.assign(std::istreambuf_iterator<char>(stream), {});
      if (stream.bad()) return Error{ErrorCode::kFileUnreadable, file + ": cannot be read"};
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

int tool_error(const Error& error) {
  std::fprintf(stderr, "pith: %s\n", error.detail.c_str());
  return error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnknownPolicy ? 2
                                                                                              : 1;
}

}  // namespace pith
