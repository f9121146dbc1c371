#include "apps/train/jsonl_reader.h"

#include <zstd.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

namespace pith {
namespace {

/// Cuts a stream of bytes into lines.
class LineSplitter {
 public:
  LineSplitter(const std::string& path,
               const std::function<Result<Done>(std::string_view)>& on_line)
      : path_(path), on_line_(on_line) {}

  Result<Done> add(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t line_end = bytes.find('\n');
      if (line_end == std::string_view::npos) {
        rest_.append(bytes);
        return Done{};
      }
      std::string_view line = bytes.substr(0, line_end);
      bytes.remove_prefix(line_end + 1);
      if (!rest_.empty()) {
        rest_.append(line);
        line = rest_;
      }
      const Result<Done> taken = take(line);
      rest_.clear();
      if (!taken) return taken;
    }
    return Done{};
  }

  Result<Done> finish() {
    const std::string last = std::move(rest_);
    rest_.clear();
    return take(last);
  }

 private:
  Result<Done> take(std::string_view line) {
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return Done{};
    Result<Done> done = on_line_(line);
    if (done) return done;
    return Error{done.error().code,
                 path_ + ":" + std::to_string(number_) + ": " + done.error().detail};
  }

  const std::string& path_;
  const std::function<Result<Done>(std::string_view)>& on_line_;
  std::string rest_;
  std::uint64_t number_ = 0;
};

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

}  // namespace

Result<Done> for_each_line(const std::string& path,
                           const std::function<Result<Done>(std::string_view)>& on_line) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::kFileUnreadable, path + ": " + std::strerror(errno)};
  LineSplitter lines(path, on_line);
  std::vector<char> in(1U << 17);
  std::vector<char> out(1U << 18);
  std::unique_ptr<ZSTD_DStream, FreeStream> zstd;
  std::size_t frame_left = 0;  // What zstd still wants of the current frame; 0 between frames.
  for (bool first = true;; first = false) {
    file.read(in.data(), static_cast<std::streamsize>(in.size()));
    const auto num_read = static_cast<std::size_t>(file.gcount());
    if (num_read == 0) break;
    if (first && std::string_view(in.data(), num_read).starts_with("\x28\xB5\x2F\xFD")) {
      zstd.reset(ZSTD_createDStream());
      ZSTD_initDStream(zstd.get());
    }
    if (zstd == nullptr) {
      if (const Result<Done> added = lines.add({in.data(), num_read}); !added) return added;
      continue;
    }
    ZSTD_inBuffer input = {in.data(), num_read, 0};
    bool full = false;  // The output was filled: there may be more without more input.
    while (input.pos < input.size || full) {
      ZSTD_outBuffer output = {out.data(), out.size(), 0};
      frame_left = ZSTD_decompressStream(zstd.get(), &output, &input);
      if (ZSTD_isError(frame_left) != 0) {
        return Error{ErrorCode::kFileUnreadable, path + ": zstd: " + ZSTD_getErrorName(frame_left)};
      }
      full = output.pos == output.size && frame_left != 0;
      if (const Result<Done> added = lines.add({out.data(), output.pos}); !added) return added;
    }
  }
  if (frame_left != 0) return Error{ErrorCode::kFileUnreadable, path + ": zstd: cut short"};
  return lines.finish();
}

}  // namespace pith
