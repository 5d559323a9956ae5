/* What goes wrong on a GPU, planted in the pretended one: memory runs out at every allocation in turn, a library
 * refuses, the device is lost. Each ends in the right status and a sentence, nothing leaks, and after all but the last
 * the device goes on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/device.h"
#include "tests/cuda/pretend/pretend.h"

const SsgDeviceClass *ssg_device_plugin(uint32_t abi);

static const SsgDeviceClass *klass;
static void *state;

#define CHECK(condition)                                                                                               \
  do {                                                                                                                 \
    if (!(condition)) {                                                                                                \
      fprintf(stderr, "%s:%d: %s\n%s\n", __FILE__, __LINE__, #condition, state ? klass->error(state) : "");            \
      exit(1);                                                                                                         \
    }                                                                                                                  \
  } while (0)

static SsgArray array(SsgDtype dtype, SsgShape shape)
{
  SsgArray a = {.shape = shape, .dtype = dtype};
  size_t bytes = (size_t) ssg_shape_elements(&shape) * (size_t) ssg_dtype_size(dtype);
  unsigned char *zeros = calloc(1, bytes);
  CHECK(klass->allocate(state, bytes, &a.data) == SSG_OK);
  CHECK(klass->upload(state, a.data, zeros, bytes) == SSG_OK);
  free(zeros);
  return a;
}

static void release(SsgArray *a)
{
  klass->release(state, a->data, (size_t) ssg_shape_elements(&a->shape) * (size_t) ssg_dtype_size(a->dtype));
}

static size_t in_use(void)
{
  SsgDeviceMemory memory;
  klass->memory(state, &memory);
  return memory.in_use;
}

/* The n-th allocation of a call fails for good, for every n; the call makes `expected` of them. */
static void exhaust(const SsgOpCall *call, int expected)
{
  size_t before = in_use();
  for (int n = 0; n <= expected; n++) {
    /* allocate() empties the pool and tries again: once is mended without a word, twice is not. */
    pretend_fail_allocations(n, 1);
    CHECK(klass->run(state, call) == SSG_OK);
    pretend_fail_allocations(n, 2);
    SsgStatus status = klass->run(state, call);
    pretend_fail_allocations(0, 0);
    CHECK(status == (n < expected ? SSG_NO_MEMORY : SSG_OK));
    if (status == SSG_NO_MEMORY)
      CHECK(strstr(klass->error(state), "memory is full") && strstr(klass->error(state), "MiB"));
    CHECK(in_use() == before);
    CHECK(klass->run(state, call) == SSG_OK);
  }
}

int main(void)
{
  char reason[512] = "";
  klass = ssg_device_plugin(SSG_DEVICE_ABI);
  CHECK(klass);

  /* Opening fails cleanly, wherever it fails. */
  pretend_fail_allocations(0, 1);
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_NO_MEMORY && !state && strstr(reason, "memory is full"));
  CHECK(pretend_live_objects() == 0);
  pretend_fail_allocations(0, 0);
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_OK);

  /* A reduction in two passes has scratch memory; a padded convolution has copies and a workspace. */
  SsgOpCall reduce = {.op = SSG_OP_REDUCE, .n_in = 1};
  reduce.in[0] = array(SSG_F32, (SsgShape){2, {3, 40000}});
  reduce.out = array(SSG_F32, (SsgShape){2, {3, 1}});
  SsgOpCall conv = {.op = SSG_OP_CONV, .n_in = 2};
  conv.in[0] = array(SSG_F32, (SsgShape){4, {1, 6, 7, 4}});
  conv.in[1] = array(SSG_F32, (SsgShape){4, {5, 2, 3, 4}});
  conv.out = array(SSG_F32, (SsgShape){4, {1, 6, 7, 5}});
  conv.param.conv.stride = 1;
  conv.param.conv.pad_bottom = 1;
  conv.param.conv.pad_left = 2;
  exhaust(&reduce, 1);
  exhaust(&conv, 3);

  /* A library that refuses: another algorithm is taken before any has run, and none behind anyone's back after that. */
  SsgOpCall other = conv;
  other.param.conv.pad_left = other.param.conv.pad_right = 1;
  int calls = pretend_library_calls();
  other.op = SSG_OP_CONV;
  other.in[1].shape = (SsgShape){4, {5, 1, 3, 4}};
  other.param.conv.pad_bottom = 0;
  pretend_refuse_library_call(PRETEND_NOT_SUPPORTED);
  CHECK(klass->run(state, &other) == SSG_OK && pretend_library_calls() == calls + 1);
  pretend_refuse_library_call(PRETEND_NOT_SUPPORTED);
  CHECK(klass->run(state, &other) == SSG_UNSUPPORTED && strstr(klass->error(state), "cudnnConvolutionForward"));
  CHECK(klass->run(state, &other) == SSG_OK);

  /* Likewise when an algorithm fails in another way than by saying so. */
  SsgOpCall failing = other;
  failing.in[1].shape = (SsgShape){4, {5, 1, 1, 4}};
  failing.param.conv.stride = 2;
  failing.param.conv.pad_left = failing.param.conv.pad_right = 0;
  failing.out.shape = (SsgShape){4, {1, 3, 4, 5}};
  calls = pretend_library_calls();
  pretend_refuse_library_call(PRETEND_EXECUTION_FAILED);
  CHECK(klass->run(state, &failing) == SSG_OK && pretend_library_calls() == calls + 1);
  pretend_refuse_library_call(PRETEND_EXECUTION_FAILED);
  CHECK(klass->run(state, &failing) == SSG_FAILED && strstr(klass->error(state), "cudnnConvolutionForward"));

  /* Heuristics that answer nothing: by a product, too. */
  failing.param.conv.pad_left = failing.param.conv.pad_right = 1;
  failing.out.shape = (SsgShape){4, {1, 3, 5, 5}};
  pretend_refuse_heuristics(true);
  calls = pretend_library_calls();
  CHECK(klass->run(state, &failing) == SSG_OK && pretend_library_calls() == calls + 1);
  pretend_refuse_heuristics(false);

  /* Every algorithm refused: the convolution is done another way, by a product. */
  SsgOpCall last = other;
  last.param.conv.pad_top = last.param.conv.pad_bottom = 1;
  last.out = array(SSG_F32, (SsgShape){4, {1, 8, 7, 5}});
  setenv("SSGAN_PRETEND_FEW", "1", 1);
  calls = pretend_library_calls();
  CHECK(klass->run(state, &last) == SSG_OK && pretend_library_calls() == calls + 1);
  unsetenv("SSGAN_PRETEND_FEW");
  exhaust(&last, 1);
  release(&last.out);

  pretend_refuse_library_call(PRETEND_NOT_SUPPORTED); /* conv has run, and has a second algorithm that would do */
  CHECK(klass->run(state, &conv) == SSG_UNSUPPORTED);

  SsgOpCall product = {.op = SSG_OP_MATMUL, .n_in = 2};
  product.in[0] = array(SSG_F32, (SsgShape){3, {1, 4, 5}});
  product.in[1] = array(SSG_F32, (SsgShape){3, {1, 5, 6}});
  product.out = array(SSG_F32, (SsgShape){3, {1, 4, 6}});
  product.param.matmul.alpha = 1;
  pretend_refuse_library_call(PRETEND_NOT_SUPPORTED);
  CHECK(klass->run(state, &product) == SSG_UNSUPPORTED && strstr(klass->error(state), "matmul [1, 4, 5] x [1, 5, 6]"));
  CHECK(klass->run(state, &product) == SSG_OK);
  product.out.shape.dim[1] = (int64_t) 1 << 40;
  CHECK(klass->run(state, &product) == SSG_UNSUPPORTED && strstr(klass->error(state), "too large"));
  product.out.shape.dim[1] = 4;

  /* Everything is given back at the end. */
  SsgArray *arrays[] = {&reduce.in[0], &reduce.out,    &conv.in[0],    &conv.in[1],
                        &conv.out,     &product.in[0], &product.in[1], &product.out};
  for (int i = 0; i < 8; i++)
    release(arrays[i]);
  CHECK(in_use() == 0);
  klass->close(state);
  CHECK(pretend_live_objects() == 0);

  /* A lost device: one sentence, which stays; everything answers SSG_LOST; closing works. */
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_OK);
  reduce.in[0] = array(SSG_F32, (SsgShape){2, {3, 40000}});
  reduce.out = array(SSG_F32, (SsgShape){2, {3, 1}});
  CHECK(klass->run(state, &reduce) == SSG_OK);
  pretend_break(cudaErrorIllegalAddress);
  CHECK(klass->synchronize(state) == SSG_LOST);
  CHECK(strstr(klass->error(state), "stopped working") && strstr(klass->error(state), "reduce -> [3, 1]"));
  char sentence[640];
  snprintf(sentence, sizeof sentence, "%s", klass->error(state));
  void *data = &data;
  float number;
  CHECK(klass->run(state, &reduce) == SSG_LOST);
  CHECK(klass->allocate(state, 100, &data) == SSG_LOST && data == NULL);
  CHECK(klass->upload(state, reduce.out.data, &number, 4) == SSG_LOST);
  CHECK(klass->download(state, &number, reduce.out.data, 4) == SSG_LOST);
  CHECK(strcmp(klass->error(state), sentence) == 0);
  pretend_break(cudaSuccess); /* what is lost stays lost, whatever CUDA says next */
  CHECK(klass->run(state, &reduce) == SSG_LOST);
  release(&reduce.in[0]);
  release(&reduce.out);
  pretend_break(cudaErrorIllegalAddress);
  klass->close(state);

  /* The lost one is closed: the device can be opened again, and computes. */
  CHECK(pretend_resets() == 1);
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_OK);
  reduce.in[0] = array(SSG_F32, (SsgShape){2, {3, 40000}});
  reduce.out = array(SSG_F32, (SsgShape){2, {3, 1}});
  CHECK(klass->run(state, &reduce) == SSG_OK);

  /* Two on one GPU: what one loses the other has lost, too, and is told at its next call; the last that closes resets. */
  void *second = NULL, *third = NULL;
  CHECK(klass->open(0, &second, reason, sizeof reason) == SSG_OK);
  CHECK(klass->synchronize(second) == SSG_OK);
  pretend_break(cudaErrorIllegalAddress);
  CHECK(klass->synchronize(second) == SSG_LOST);
  pretend_break(cudaSuccess);
  CHECK(klass->run(state, &reduce) == SSG_LOST && strstr(klass->error(state), "while something else in this program used it"));
  CHECK(klass->open(0, &third, reason, sizeof reason) == SSG_LOST && !third && strstr(reason, "is still in use"));
  klass->close(second);
  CHECK(pretend_resets() == 1);
  release(&reduce.in[0]);
  release(&reduce.out);
  klass->close(state);
  CHECK(pretend_resets() == 2);

  /* What shows only when it is closed is found, too. */
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_OK);
  pretend_break_later(cudaErrorIllegalAddress);
  klass->close(state);
  state = NULL;
  CHECK(pretend_resets() == 3);

  /* One that does not come back after a reset asks for a new program, until it does; what else is in the way does not. */
  pretend_break_later(cudaErrorIllegalAddress);
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_LOST && !state && strstr(reason, "start the program anew"));
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_OK);
  klass->close(state);
  state = NULL;
  pretend_break_later(cudaErrorDevicesUnavailable);
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_LOST && !state && !strstr(reason, "start the program anew"));
  pretend_fail_allocations(0, 2);
  CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_NO_MEMORY && !strstr(reason, "start the program anew"));
  pretend_fail_allocations(0, 0);

  /* The other GPU of a thread that has just lost one goes on, also when one of its libraries refuses something. */
  setenv("SSGAN_PRETEND_DEVICES", "2", 1);
  CHECK(klass->open(0, &second, reason, sizeof reason) == SSG_OK && klass->open(1, &state, reason, sizeof reason) == SSG_OK);
  product.in[0] = array(SSG_F32, (SsgShape){3, {1, 4, 5}});
  product.in[1] = array(SSG_F32, (SsgShape){3, {1, 5, 6}});
  product.out = array(SSG_F32, (SsgShape){3, {1, 4, 6}});
  pretend_break(cudaErrorIllegalAddress);
  CHECK(klass->synchronize(second) == SSG_LOST);
  pretend_break(cudaSuccess);
  pretend_refuse_library_call(PRETEND_NOT_SUPPORTED);
  CHECK(klass->run(state, &product) == SSG_UNSUPPORTED && klass->run(state, &product) == SSG_OK);
  for (int i = 0; i < 2; i++)
    release(&product.in[i]);
  release(&product.out);
  klass->close(state);
  state = NULL;
  klass->close(second);
  unsetenv("SSGAN_PRETEND_DEVICES");

  /* What a GPU may read from the host's memory later is waited for. */
  float numbers[3] = {1, 2, 3};
  for (int i = 0; i < 2; i++) {
    if (i)
      setenv("SSGAN_PRETEND_HOST_TABLES", "1", 1);
    CHECK(klass->open(0, &state, reason, sizeof reason) == SSG_OK);
    reduce.out = array(SSG_F32, (SsgShape){2, {3, 1}});
    int waits = pretend_waits();
    CHECK(klass->upload(state, reduce.out.data, numbers, sizeof numbers) == SSG_OK && pretend_waits() == waits + i);
    release(&reduce.out);
    klass->close(state);
  }
  state = NULL;
  CHECK(pretend_live_objects() == 0);
  return 0;
}
