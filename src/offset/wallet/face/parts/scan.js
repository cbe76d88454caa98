// QR codes out of pictures and the camera. The reader is loaded when it is needed first.

let reader = null;

async function load() {
  reader ??= import("zxing").then((zxing) => {
    zxing.prepareZXingModule({
      overrides: { locateFile: () => new URL("../vendor/zxing/reader.wasm", import.meta.url).href },
    });
    return zxing;
  });
  return reader;
}

const OPTIONS = { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 4 };

// The text of the code in a picture (a Blob or ImageData), or null.
export async function readPicture(picture) {
  const { readBarcodes } = await load();
  const found = await readBarcodes(picture, OPTIONS);
  const texts = found.filter((one) => one.isValid && one.text).map((one) => one.text);
  return texts.find((text) => /offset:/i.test(text)) ?? texts[0] ?? null;
}

// Shows the camera in a <video> and tells the first code; gives back what ends it. Throws if there is no camera.
export async function watchCamera(video, found) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 1280 } },
    audio: false,
  });
  let ended = false;
  const end = () => {
    ended = true;
    for (const track of stream.getTracks()) track.stop();
  };
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  async function look() {
    if (ended) return;
    if (video.videoWidth) {
      const scale = Math.min(1, 960 / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      pen.drawImage(video, 0, 0, canvas.width, canvas.height);
      const text = await readPicture(pen.getImageData(0, 0, canvas.width, canvas.height)).catch(() => null);
      if (text && !ended) {
        end();
        found(text);
        return;
      }
    }
    setTimeout(look, 120);
  }
  look();
  return end;
}
