// The tensors of a model folder: model.safetensors, or several files and their index.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/result.h"
#include "stages/model_files/mapped_file.h"
#include "stages/model_files/tensor_header.h"

namespace pith {

/// Maps the files; a tensor's pages are read when it is. Every offset, shape and size is checked
/// against the file when it is opened. Memory: the headers. Views live as long as this.
class TensorFiles {
 public:
  /// `folder`/model.safetensors, else `folder`/model.safetensors.index.json and the files it names
  /// (all in `folder`). Errors: kFileUnreadable, naming file and field; a folder with
  /// pytorch_model.bin only is told so.
  static Result<TensorFiles> open_folder(const std::string& folder);
  /// One *.safetensors file.
  static Result<TensorFiles> open_file(const std::string& path);

  /// Null when there is none of that name.
  const TensorView* find(std::string_view name) const;
  /// A tensor of this shape as numbers: kFloat32, kFloat16 and kBfloat16 are read.
  /// Errors: kFileUnreadable, naming file and tensor: missing, of another shape or type, a number
  /// that is not finite.
  Result<std::vector<float>> floats(std::string_view name,
                                    std::span<const std::uint64_t> shape) const;
  /// The same without a copy, for tables that are only looked up: its numbers are not looked at.
  /// Errors as `floats`; the view's type is one that `floats` reads.
  Result<TensorView> view(std::string_view name, std::span<const std::uint64_t> shape) const;

  const TensorMap& all() const { return tensors_; }
  /// What was opened, the tensors' files in the order of their names.
  std::span<const MappedFile> files() const { return files_; }
  /// Of files().
  std::span<const std::string> paths() const { return paths_; }

 private:
  static Result<TensorFiles> open_index(const std::string& folder);
  const std::string& path_of(const TensorView& view) const;

  std::string where_;  ///< Folder or file, for errors.
  std::vector<MappedFile> files_;
  std::vector<std::string> paths_;  ///< Of files_.
  TensorMap tensors_;
};

/// Element `at` of a row of floats, halves or bfloats, widened: values.size() numbers from `view`,
/// beginning with number `first`.
void widen(const TensorView& view, std::uint64_t first, std::span<float> values);

}  // namespace pith
