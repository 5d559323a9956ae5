/* The CPU device: oneDNN for convolutions and matrix products, OpenMP loops for the rest. */
#pragma once

#include "kernels/device.h"

/* The class behind ssg_device_open("cpu"). Static; never NULL. */
const SsgDeviceClass *ssg_cpu_device_class(void);
