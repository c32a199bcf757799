export default function handler(_req, res) {
  res.send('host');
}
