set -e
python app.py
